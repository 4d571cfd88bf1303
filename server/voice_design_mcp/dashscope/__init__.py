"""How the vendor is spoken to. Knows no MCP and no money.

seam.py       what every family of models offers to the rest of the program
qwen.py       the Qwen family on that seam
http.py       one client: send, wait, read, try again where that is safe
retries.py    the one rule for trying again
exchange.py   one request and its answer as plain values
refusals.py   what the vendor answered, or what broke, as an error of ours
wire.py       the shapes of the vendor's answers
download.py   fetching audio that the vendor names by URL
clients.py    opening an httpx2 client
addresses.py  which addresses of the internet may be connected to
"""
