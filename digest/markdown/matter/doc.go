// Package matter reads the front matter of a file: bytes to entries, with the line
// and column of each value. It knows YAML, TOML and JSON, the delimiters of Jekyll,
// Hugo and Hexo, and how to read the entries that are whole where others are broken.
// It never knows the body of a file, nor what an entry means to a digest, beyond the
// keys that give a day or make a file a draft.
package matter
