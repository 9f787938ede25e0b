import type { Wheel } from '@grasp/download';

export type BuildKind = 'cpu' | 'gpu';

export interface LibraryBuild {
  kind: BuildKind;
  /** `process.platform` and `process.arch`. */
  platform: string;
  /** Name of the Python package. */
  package: string;
  /** Platform tag of the wheel. */
  tag: string;
  wheelBytes: number;
  /** Size of both libraries. */
  libraryBytes: number;
  sha256: string;
  files: LibraryFiles;
}

/** File names of the two libraries. cc depends on framework. */
export interface LibraryFiles {
  framework: string;
  cc: string;
}

export const tensorFlowVersion = '2.21.0';
const linux: LibraryFiles = { framework: 'libtensorflow_framework.so.2', cc: 'libtensorflow_cc.so.2' };
const mac: LibraryFiles = { framework: 'libtensorflow_framework.2.dylib', cc: 'libtensorflow_cc.2.dylib' };

/** The builds that this package can fetch. Each is pinned to one wheel of the Python package. */
export const builds: readonly LibraryBuild[] = [
  {
    kind: 'cpu',
    platform: 'linux-x64',
    package: 'tensorflow-cpu',
    tag: 'manylinux_2_27_x86_64',
    wheelBytes: 273_829_956,
    libraryBytes: 853_308_936,
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    files: linux,
  },
  {
    kind: 'gpu',
    platform: 'linux-x64',
    package: 'tensorflow',
    tag: 'manylinux_2_27_x86_64',
    wheelBytes: 572_440_367,
    libraryBytes: 1_259_021_080,
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    files: linux,
  },
  {
    kind: 'cpu',
    platform: 'linux-arm64',
    package: 'tensorflow',
    tag: 'manylinux_2_27_aarch64',
    wheelBytes: 281_828_020,
    libraryBytes: 883_062_208,
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
    files: linux,
  },
  {
    kind: 'cpu',
    platform: 'darwin-arm64',
    package: 'tensorflow',
    tag: 'macosx_12_0_arm64',
    wheelBytes: 223_405_849,
    libraryBytes: 740_805_624,
    sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
    files: mac,
  },
];

/** The wheel of a build. The libraries do not depend on the Python version, so one wheel serves all. */
export function tensorFlowWheel(build: LibraryBuild): Wheel {
  return {
    package: build.package,
    version: tensorFlowVersion,
    bytes: build.wheelBytes,
    sha256: build.sha256,
    target: { platform: build.tag, python: '3.11', abi: 'cp311' },
  };
}
