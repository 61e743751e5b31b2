"""FastAPI with orjson by hand, uvicorn with uvloop and httptools, one worker: python fastapi_onnx.py MODEL PORT"""

import sys

import numpy as np
import onnxruntime
import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

model, port = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
app = FastAPI()


@app.get("/")
async def ready() -> Response:
    return Response()


@app.post("/score")
async def score(request: Request) -> Response:
    rows = np.asarray(orjson.loads(await request.body())["rows"], dtype=np.float32)
    (scores,) = session.run(None, {"features": rows})
    body = orjson.dumps({"scores": scores}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, media_type="application/json")


uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)
