"""Triton's core as nvidia-pytriton brings it, with its dynamic batching: python triton_core.py MODEL PORT"""

import sys

import numpy as np
import onnxruntime
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

model, port = sys.argv[1], int(sys.argv[2])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
width = session.get_inputs()[0].shape[1]
columns = session.get_outputs()[0].shape[1]


@batch
def infer(features: np.ndarray) -> list[np.ndarray]:
    return session.run(None, {"features": features})


config = TritonConfig(http_address="127.0.0.1", http_port=port, grpc_port=port + 1, metrics_port=port + 2, allow_metrics=False)
with Triton(config=config) as triton:
    triton.bind(
        model_name="scores",
        infer_func=infer,
        inputs=[Tensor(name="features", dtype=np.float32, shape=(width,))],
        outputs=[Tensor(name="probabilities", dtype=np.float32, shape=(columns,))],
        config=ModelConfig(max_batch_size=1024),
    )
    triton.serve()
