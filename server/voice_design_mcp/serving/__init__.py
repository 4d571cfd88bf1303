"""Over HTTP: the application that serves both transports, who may call it, by which names, and how it tells that it is alive."""
