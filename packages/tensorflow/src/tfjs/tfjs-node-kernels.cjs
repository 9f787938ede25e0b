// The part of tfjs-node that this package builds on. Sources load it from the installed package. In the published
// package, the build replaces this file by one that contains that part (`tfjs-node/bundle.mjs`): the installer of
// tfjs-node would fetch a libtensorflow that is never used.
require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
exports.NodeJSKernelBackend =
  require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js').NodeJSKernelBackend;
