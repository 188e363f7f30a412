package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// reading is what digestbot reads from a post, and what it would post.
type reading struct {
	File       string
	Title      string
	Date       string
	Tags       []string
	Categories []string
	words      map[string][]string // by platform
	links      map[string][]string // by platform
	urls       map[string]string   // by platform
}

// ask makes digestbot read a site, with the site's own configuration or with equivalent
// settings, and returns the result by the posts' files.
func (s *site) ask(digestbot string, own bool) (map[string]reading, error) {
	library := filepath.Join(s.folder, s.library)
	config := filepath.Join(filepath.Dir(s.folder), s.name+".toml")
	text := fmt.Sprintf("state = %q\n[library]\npath = %q\nundated = \"post\"\n", s.folder+"-state", library)
	if own {
		text += fmt.Sprintf("site = %q\n", filepath.Join(s.folder, s.config()))
	} else {
		text += fmt.Sprintf("base_url = %q\npermalink = %q\n", base+s.under, cmp.Or(s.permalink, "hugo"))
		if s.zone != "" {
			text += fmt.Sprintf("zone = %q\n", s.zone)
		}
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
	sheet, err := output("preview", "--style", "full", "--details", "inline")
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
		r.words, r.links, r.urls = map[string][]string{}, map[string][]string{}, map[string]string{}
		for c := range n.ChildNodes() {
			switch {
			case c.DataAtom == atom.Article:
				r.words["web"], r.links["web"] = words(c), links(c, "")
			case c.DataAtom == atom.Section && class(c) == "likeness":
				platform := find(c, atom.H2).FirstChild.Data
				for d := range c.Descendants() {
					switch d.DataAtom {
					case atom.Template: // a preview
						r.words[platform] = append(r.words[platform], words(d)...)
						r.links[platform] = append(r.links[platform], links(d, "")...)
					case atom.Code: // a payload, beside its preview
						if d.Parent.DataAtom == atom.Pre && r.urls[platform] == "" && d.FirstChild != nil {
							r.urls[platform] = linked(d.FirstChild.Data)
						}
					}
				}
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

// linked returns the URL of a payload's button that links to the digest's page; empty if
// there is none.
func linked(payload string) string {
	type button struct{ URL string }
	var p struct {
		Components []struct{ Components []button } // of Discord
		Blocks     []struct{ Elements []button }   // of Slack
	}
	if json.Unmarshal([]byte(payload), &p) != nil {
		return ""
	}
	var buttons []button
	for _, row := range p.Components {
		buttons = append(buttons, row.Components...)
	}
	for _, b := range p.Blocks {
		buttons = append(buttons, b.Elements...)
	}
	for _, b := range buttons {
		if b.URL != "" {
			return b.URL
		}
	}
	return ""
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
