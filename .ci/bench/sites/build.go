package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// base is the URL of every site.
const base = "https://example.org"

// page is what a generator built from a post. Its path is relative to the site's folder or,
// for Hugo, to content.
type page struct {
	Path       string
	Title      string
	Day        string
	Tags       any
	Categories any
	URL        string
	words      []string
	links      []string
}

// build makes the tools build all sites, and returns the pages of each by their posts'
// files.
func build(sites []*site, hugo string) (map[*site]map[string]page, error) {
	var jekyll []string
	for _, s := range sites {
		if err := s.prepare(); err != nil {
			return nil, err
		}
		if s.tool == "jekyll" {
			jekyll = append(jekyll, s.folder)
			continue
		}
		if err := run(exec.Command(hugo, "--source", s.folder, "--destination", s.folder+"-built")); err != nil {
			return nil, err
		}
	}
	if len(jekyll) > 0 {
		// One process builds all sites, because Ruby takes longer to start than to build.
		// Jekyll sets TZ for a site with a zone, and does not reset it for the next one.
		const script = `require "jekyll"
ARGV.each do |folder|
  ENV["TZ"] = "UTC"
  Jekyll::Site.new(Jekyll.configuration("source" => folder, "destination" => folder + "-built", "quiet" => true, "disable_disk_cache" => true)).process
end`
		if err := run(exec.Command("ruby", append([]string{"-e", script}, jekyll...)...)); err != nil {
			return nil, err
		}
	}
	pages := map[*site]map[string]page{}
	for _, s := range sites {
		built, err := read(s.folder + "-built")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		if len(built) != len(s.posts) {
			for _, p := range s.posts {
				if _, ok := built[s.pathOf(p)]; !ok {
					fmt.Fprintf(os.Stderr, "%s built no page of %s:\n%s\n", s.name, p.file, p.text)
				}
			}
			return nil, fmt.Errorf("%s: %d pages of %d posts", s.name, len(built), len(s.posts))
		}
		pages[s] = built
	}
	return pages, nil
}

func run(c *exec.Cmd) error {
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(c.Path), err, &said)
	}
	return nil
}

// facts and article are in the page of a post.
const jekyllLayout = `<!DOCTYPE html><html><body><script type="application/json">
{"Path": {{ page.path | jsonify }}, "Title": {{ page.title | jsonify }}, "Day": {{ page.date | date: "%Y-%m-%d" | jsonify }},
"Tags": {{ page.tags | jsonify }}, "Categories": {{ page.categories | jsonify }}, "URL": {{ page.url | relative_url | jsonify }}}
</script><article>{{ content }}</article></body></html>
`

const hugoLayout = `<!DOCTYPE html><html><body><script type="application/json">
{{ dict "Path" .File.Path "Title" .Title "Day" (.Date.Format "2006-01-02") "Tags" .Params.tags "Categories" .Params.categories "URL" .RelPermalink | jsonify | safeJS }}
</script><article>{{ .Content }}</article></body></html>
`

// prepare writes what the tool needs besides the posts.
func (s *site) prepare() error {
	if s.tool == "jekyll" {
		config := "defaults:\n  - scope: {path: \"\"}\n    values: {layout: post}\npermalink: " + quoted(s.permalink) + "\nurl: " + base + "\nbaseurl: " + quoted(s.under) + "\n"
		if s.zone != "" {
			config += "timezone: " + s.zone + "\n"
		}
		return errors.Join(put(filepath.Join(s.folder, s.config()), config), put(filepath.Join(s.folder, "_layouts", "post.html"), jekyllLayout))
	}
	config := "baseURL = " + quoted(base+s.under+"/") + "\ndisableKinds = [\"home\", \"section\", \"taxonomy\", \"term\", \"rss\", \"sitemap\", \"robotsTXT\", \"404\"]\n"
	if s.zone != "" {
		config += "timeZone = " + quoted(s.zone) + "\n"
	}
	config += "[markup.goldmark.renderer]\nunsafe = true\n"
	if s.permalink != "" {
		config += "[permalinks.page]\nposts = " + quoted(s.permalink) + "\n\"新闻\" = " + quoted(s.permalink) + "\n"
	}
	return errors.Join(put(filepath.Join(s.folder, s.config()), config), put(filepath.Join(s.folder, "layouts", "page.html"), hugoLayout))
}

// config returns the file of the site's own configuration.
func (s *site) config() string {
	if s.tool == "jekyll" {
		return "_config.yml"
	}
	return "hugo.toml"
}

func quoted(text string) string { return `"` + text + `"` }

// pathOf returns how a page names the file of a post.
func (s *site) pathOf(p *post) string {
	if s.tool == "hugo" {
		return strings.TrimPrefix(filepath.ToSlash(p.file), "content/")
	}
	return filepath.ToSlash(p.file)
}

// read reads all pages below a folder.
func read(folder string) (map[string]page, error) {
	pages := map[string]page{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(data, []byte("<!DOCTYPE html><html><body><script")) {
			return err
		}
		root, err := html.Parse(bytes.NewReader(data))
		if err != nil {
			return err
		}
		var p page
		if err := json.Unmarshal([]byte(find(root, atom.Script).FirstChild.Data), &p); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		p.words, p.links = words(find(root, atom.Article)), links(find(root, atom.Article), base+p.URL)
		pages[p.Path] = p
		return nil
	})
	return pages, err
}

func find(n *html.Node, kind atom.Atom) *html.Node {
	for d := range n.Descendants() {
		if d.DataAtom == kind {
			return d
		}
	}
	return nil
}
