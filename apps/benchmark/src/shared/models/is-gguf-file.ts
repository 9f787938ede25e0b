/** Whether the path of a model is that of a GGUF file. Others are folders. */
export const isGgufFile = (path: string): boolean => path.toLowerCase().endsWith('.gguf');
