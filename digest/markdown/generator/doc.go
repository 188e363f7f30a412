// Package generator takes out of a body what the generator of a site would have
// replaced before it reads Markdown: Liquid, shortcodes, comments of Obsidian and
// kramdown, and MDX. Lines keep their places. It never knows what Markdown makes of the
// rest.
package generator
