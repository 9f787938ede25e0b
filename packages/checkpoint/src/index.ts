export type { Checkpoint, CheckpointFile, TensorData, TensorDType, TensorInfo } from './checkpoint.js';
