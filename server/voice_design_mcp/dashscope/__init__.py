"""How the vendor is spoken to. Knows no MCP and no money.

seam.py         what every family of models offers to the rest of the program
qwen.py         the Qwen family on that seam
enrollment.py   the CosyVoice and Qwen-Audio family on it
admission.py    what a model can be asked for when it speaks
spoken.py       speech over each surface: REST, server-sent events, WebSocket
realtime.py     the Qwen realtime protocol, without I/O
inference.py    the task protocol of CosyVoice, without I/O
dialogue.py     what both protocols amount to
http.py         one client: send, wait, read, try again where that is safe
sockets.py      one WebSocket, in steps that have their time
sse.py          server-sent events out of bytes
retries.py      the one rule for trying again
deadlines.py    one step within its time
exchange.py     one request and its answer as plain values
refusals.py     what the vendor answered, or what broke, as an error of ours
codes.py        the vendor's codes and words, and what they mean
wire.py         the shapes of the vendor's answers
reading.py      an answer read into its shape
plain.py        JSON out and in, and origins
availability.py whether the vendor's catalogue has a model
regions.py      in which regions a key is accepted
download.py     fetching audio that the vendor names by URL
clients.py      opening an httpx2 client
addresses.py    which addresses of the internet may be connected to
"""
