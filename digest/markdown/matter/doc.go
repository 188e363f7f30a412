// Package matter reads the front matter of a file: it converts bytes to entries, with
// the line and column of each value. It knows YAML, TOML and JSON, the delimiters of
// Jekyll, Hugo and Hexo, and how to read the valid entries if others are broken. It
// knows neither the body of a file nor what an entry means for a digest, except the
// keys that give a day or make a file a draft.
package matter
