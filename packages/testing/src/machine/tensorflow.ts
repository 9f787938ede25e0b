/**
 * Whether TensorFlow is there, as `acquire-tensorflow` found out. Tests that need it are skipped without it, unless
 * `GRASP_REQUIRE_TENSORFLOW` is set: then they run, and fail.
 */
export const hasTensorFlow =
  process.env.GRASP_REQUIRE_TENSORFLOW === '1' || process.env.GRASP_TENSORFLOW_MISSING === undefined;
