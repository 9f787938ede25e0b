/** Explains the columns of a report. */
export const ABOUT_PERPLEXITY =
  "Perplexity is computed in float32. The rounded column is the same value in bfloat16, as the paper's evaluator reports " +
  'it. For perplexities, the difference is rounded minus paper.';
