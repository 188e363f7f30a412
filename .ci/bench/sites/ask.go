package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// read is what digestbot reads from a post, and what it would post of it.
type reading struct {
	File       string
	Title      string
	Date       string
	Tags       []string
	Categories []string
	url        string
	words      map[string][]string // by platform
}

// ask has digestbot read a site, and gives what it read by the files of the posts.
func (s *site) ask(digestbot string) (map[string]reading, error) {
	library := filepath.Join(s.folder, s.library)
	config := filepath.Join(filepath.Dir(s.folder), s.name+".toml")
	text := fmt.Sprintf("state = %q\n[library]\npath = %q\nundated = \"post\"\nbase_url = %q\n", s.folder+"-state", library, base)
	if s.permalink != "" && (s.tool == "jekyll" || os.Getenv("HUGOLINKS") != "") {
		text += fmt.Sprintf("permalink = %q\n", s.permalink)
	}
	if err := put(config, text); err != nil {
		return nil, err
	}
	output := func(arguments ...string) ([]byte, error) {
		var said bytes.Buffer
		c := exec.Command(digestbot, append(arguments, "--config", config, library)...)
		c.Stderr = &said
		out, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("digestbot %s: %w\n%s", strings.Join(arguments, " "), err, &said)
		}
		return out, nil
	}
	shown, err := output("show", "--json")
	if err != nil {
		return nil, err
	}
	var all []reading
	for line := range bytes.Lines(shown) {
		var r reading
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	sheet, err := output("preview", "--details", "inline")
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(bytes.NewReader(sheet))
	if err != nil {
		return nil, err
	}
	i := 0
	for n := range root.Descendants() {
		if n.DataAtom != atom.Div || class(n) != "row" || find(n, atom.Article) == nil {
			continue
		}
		if i == len(all) {
			return nil, errors.New("there are more messages than digests")
		}
		r := &all[i]
		r.words = map[string][]string{}
		for c := range n.ChildNodes() {
			switch {
			case c.DataAtom == atom.Article:
				if h := find(c, atom.H2); h != nil {
					if a := find(h, atom.A); a != nil {
						r.url = attribute(a, "href")
					}
				}
				r.words["web"] = words(c)
			case c.DataAtom == atom.Section && class(c) == "likeness":
				// The drawings stand in templates; the payloads below them are code.
				var all []string
				for d := range c.Descendants() {
					if d.DataAtom == atom.Template {
						all = append(all, words(d)...)
					}
				}
				r.words[find(c, atom.H2).FirstChild.Data] = all
			}
		}
		i++
	}
	if i != len(all) {
		return nil, fmt.Errorf("%d messages of %d digests", i, len(all))
	}
	readings := map[string]reading{}
	for _, r := range all {
		path, err := filepath.Rel(s.folder, r.File)
		if err != nil {
			return nil, err
		}
		readings[path] = r
	}
	return readings, nil
}

func class(n *html.Node) string { return attribute(n, "class") }

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
