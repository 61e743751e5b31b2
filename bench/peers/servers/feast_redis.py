"""Feast's own feature server over Redis, features only: python feast_redis.py MODEL PORT REDIS_PORT FOLDER CUSTOMERS"""

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import yaml
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.types import Float32

model, port, redis_port, folder, customers = sys.argv[1:]
width = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()[0].shape[1]
names = [f"f{position}" for position in range(width)]
root = Path(folder)
root.mkdir(parents=True, exist_ok=True)
settings = {
    "project": "peers",
    "provider": "local",
    "registry": str(root / "registry.db"),
    "online_store": {"type": "redis", "connection_string": f"127.0.0.1:{redis_port}"},
    "entity_key_serialization_version": 3,
}
(root / "feature_store.yaml").write_text(yaml.safe_dump(settings))

now = datetime.now(timezone.utc)
rows = pd.DataFrame(np.random.default_rng(1).random((int(customers), width), dtype=np.float32), columns=names)
rows["customer"] = [f"C{number:07d}" for number in range(int(customers))]
rows["time"] = now
rows.to_parquet(root / "rows.parquet")

customer = Entity(name="customer", value_type=ValueType.STRING)
view = FeatureView(
    name="customers",
    entities=[customer],
    ttl=timedelta(days=30),
    schema=[Field(name=name, dtype=Float32) for name in names],
    source=FileSource(path=str(root / "rows.parquet"), timestamp_field="time"),
)
store = FeatureStore(repo_path=str(root))
store.apply([customer, view, FeatureService(name="scores", features=[view])])
store.write_to_online_store("customers", rows)
# By default a worker ends after a thousand requests, and those that come then fail.
store.serve("127.0.0.1", int(port), type_="http", no_access_log=True, workers=1, max_requests=0, max_requests_jitter=0)
