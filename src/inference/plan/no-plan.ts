/** Why a model stays with ONNX Runtime: not a fault. The message completes "… has no plan: ". */
export class NoPlan extends Error {}
