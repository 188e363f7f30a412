// Package generator removes from a body what a site generator would have replaced
// before reading Markdown: Liquid, shortcodes, comments of Obsidian and kramdown, and
// MDX. Line numbers do not change. It does not know how the rest is read as Markdown.
package generator
