package body

// maxDepth is how deeply containers may be nested. Deeper indentation is cut before
// goldmark parses it, because its cost is quadratic in the depth.
const maxDepth = 64

// maxBlocks is the most blocks that are read.
const maxBlocks = 10000
