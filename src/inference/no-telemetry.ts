/**
 * ONNX Runtime keeps a database of telemetry in the home folder unless told not to. The main thread tells it, by proving
 * bundles before any other thread begins: the variables of a worker are a copy that native code does not see.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
