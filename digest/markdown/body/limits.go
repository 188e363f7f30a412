package body

// maxDepth is how deep containers may be nested; deeper indentation is cut
// before goldmark, whose cost is quadratic in it, sees it.
const maxDepth = 64

// maxBlocks is how many blocks are read.
const maxBlocks = 10000
