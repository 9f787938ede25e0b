import { TensorFlowSetupError } from '../errors.js';
import { type BuildKind, builds, type LibraryBuild } from './builds.js';

export interface Platform {
  platform: string;
  arch: string;
  /** Version of glibc, for example '2.36'. Absent on systems without it, such as Alpine Linux. */
  glibc?: string;
}

/** The oldest glibc that the pinned Linux wheels support, by their manylinux tag. */
const oldestGlibc = [2, 27] as const;

function currentPlatform(): Platform {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const glibc = header?.glibcVersionRuntime;
  return { platform: process.platform, arch: process.arch, ...(glibc === undefined ? {} : { glibc }) };
}

/**
 * The build for a platform.
 *
 * @throws TensorFlowSetupError ('unsupported-platform')
 */
export function buildFor(kind: BuildKind, platform: Platform = currentPlatform()): LibraryBuild {
  const name = `${platform.platform}-${platform.arch}`;
  const build = builds.find((candidate) => candidate.kind === kind && candidate.platform === name);
  if (!build) {
    const have = builds.map((candidate) => `${candidate.platform} (${candidate.kind})`).join(', ');
    throw unsupported(`There is no ${kind} build of libtensorflow for ${name}. Builds: ${have}.`);
  }
  if (platform.platform === 'linux') {
    if (platform.glibc === undefined) {
      throw unsupported('TensorFlow needs glibc. This Linux has another C library (musl, as on Alpine).');
    }
    const [major = 0, minor = 0] = platform.glibc.split('.').map(Number);
    if (major < oldestGlibc[0] || (major === oldestGlibc[0] && minor < oldestGlibc[1])) {
      throw unsupported(
        `TensorFlow needs glibc ${oldestGlibc.join('.')} or newer. This machine has ${platform.glibc}.`,
      );
    }
  }
  return build;
}

function unsupported(reason: string): TensorFlowSetupError {
  return new TensorFlowSetupError(
    'unsupported-platform',
    reason,
    'Use another tfjs backend, such as WASM, or a machine or container image that TensorFlow supports.',
  );
}
