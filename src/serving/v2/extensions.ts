/** What is offered beyond the Open Inference Protocol itself. */
export const EXTENSIONS: readonly string[] = ['binary_tensor_data', 'model_configuration', 'statistics'];
