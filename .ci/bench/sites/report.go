package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// fields are the compared fields, each with the dimensions of a post that it may depend on.
var fields = map[string][]string{
	"title":      {"title", "form", "name", "ending"},
	"day":        {"date", "file date", "file", "zone", "form", "read by"},
	"tags":       {"tags", "form", "read by"},
	"categories": {"categories", "folder", "form", "read by"},
	"url":        {"permalink", "own URL", "slug", "name", "file date", "folder", "categories", "date", "zone", "file", "ending", "form", "read by"},
	"words":      {"snippet"},
}

// found is one difference.
type found struct {
	tool, field string
	features    []string
	file        string
	page, ours  string
}

// report gathers differences.
type report struct {
	compared map[string]int            // by tool and field
	with     map[string]map[string]int // how often a feature was compared, by tool and field
	differ   map[string]int            // by tool and field
	used     map[int]int               // by index in intended
	found    []found                   // unintended differences
	posts    int
}

// post compares a page with what digestbot has read.
func (r *report) post(s *site, p *post, own bool, built page, read reading) {
	r.posts++
	numberless := func(text string) string {
		for _, at := range p.snippets {
			text = strings.ReplaceAll(text, at.number, "§")
		}
		return text
	}
	see := func(field, page, ours string, features ...string) {
		r.see(found{s.tool, field, features, s.name + "/" + p.file, numberless(page), numberless(ours)})
	}
	p.feature("read by", "settings")
	if own {
		p.feature("read by", s.config())
	}
	of := func(field string) (features []string) {
		for _, dimension := range fields[field] {
			if value, ok := p.features[dimension]; ok {
				features = append(features, dimension+" = "+value)
			}
		}
		return features
	}
	see("title", fold(built.Title), fold(read.Title), of("title")...)
	see("day", built.Day, read.Date, of("day")...)
	see("tags", list(built.Tags), strings.Join(read.Tags, separator), of("tags")...)
	see("categories", list(built.Categories), strings.Join(read.Categories, separator), of("categories")...)
	leads := read.urls["Discord"]
	if slack := read.urls["Slack"]; slack != leads {
		leads = "Discord " + leads + ", Slack " + slack
	}
	see("url", base+built.URL, leads, of("url")...)
	for _, at := range p.snippets {
		on, ok := between(built.words, at.begin, at.end)
		page := strings.Join(on, " ")
		if !ok {
			page = "(lost)"
		}
		// A difference that all platforms show is reported once.
		ours := map[string]string{}
		for _, platform := range slices.Sorted(maps.Keys(read.words)) {
			in, ok := between(read.words[platform], at.begin, at.end)
			text := strings.Join(in, " ")
			if !ok {
				text = "(lost)"
			}
			ours[platform] = text
		}
		switch texts := slices.Compact(slices.Sorted(maps.Values(ours))); len(texts) {
		case 0:
			see("words", page, "(no message)", "snippet = "+at.name)
		case 1:
			see("words", page, texts[0], "snippet = "+at.name)
		default:
			for _, platform := range slices.Sorted(maps.Keys(ours)) {
				see("words", page, ours[platform], "snippet = "+at.name+" on "+platform)
			}
		}
	}
	around, written := p.around(built.words), split(p.body)
	readable, err := url.PathUnescape(leads)
	if err != nil {
		readable = leads
	}
	known := append(split(read.Title+" "+readable), built.words...)
	for _, platform := range slices.Sorted(maps.Keys(read.words)) {
		shown := p.around(read.words[platform])
		for _, link := range apart(built.links, read.links[platform]) {
			see("links", link, "", "page = "+numberless(link))
		}
		for _, word := range apart(around, read.words[platform]) {
			see("around", word, "", "page = "+numberless(word))
		}
		for _, word := range apart(shown, known) {
			if slices.Contains(written, word) { // other words come from the message, not the digest
				see("around", "", word, "ours = "+numberless(word))
			}
		}
	}
}

// around returns the words that are not between the markers of a snippet.
func (p *post) around(all []string) (rest []string) {
	all = slices.Clone(all)
	for _, at := range p.snippets {
		if in, ok := between(all, at.begin, at.end); ok {
			i := slices.Index(all, at.begin)
			all = slices.Delete(all, i, i+len(in)+2)
		}
	}
	return all
}

// apart returns the words that only a has.
func apart(a, b []string) (only []string) {
	for _, word := range a {
		if !slices.Contains(b, word) && !slices.Contains(only, word) {
			only = append(only, word)
		}
	}
	return only
}

func fold(text string) string { return strings.Join(strings.Fields(text), " ") }

// list returns a list as a generator represents it, which may be a string or nothing.
func list(of any) string {
	var all []string
	switch of := of.(type) {
	case nil:
	case []any:
		for _, item := range of {
			all = append(all, fmt.Sprint(item))
		}
	default:
		all = []string{fmt.Sprint(of)}
	}
	return strings.Join(all, separator)
}

// see counts a comparison, and records a difference.
func (r *report) see(f found) {
	if r.compared == nil {
		r.compared, r.with, r.differ, r.used = map[string]int{}, map[string]map[string]int{}, map[string]int{}, map[int]int{}
	}
	key := f.tool + " " + f.field
	r.compared[key]++
	if r.with[key] == nil {
		r.with[key] = map[string]int{}
	}
	for _, feature := range f.features {
		r.with[key][feature]++
	}
	if f.page == f.ours {
		return
	}
	r.differ[key]++
	if !r.intended(f) {
		r.found = append(r.found, f)
	}
}

// intended reports whether the table explains a difference: by one entry, or by several
// that change the page in turn.
func (r *report) intended(f found) bool {
	page, ours := f.page, f.ours
	var used []int
	for i, d := range intended {
		if d.tool != "" && d.tool != f.tool || d.field != f.field {
			continue
		}
		if x, y := d.changed(f.page, f.ours); same(x, y) {
			r.used[i]++
			return true
		}
		if x, y := d.changed(page, ours); x != page || y != ours {
			page, ours = x, y
			used = append(used, i)
		}
	}
	if !same(page, ours) {
		return false
	}
	for _, i := range used {
		r.used[i]++
	}
	return true
}

func same(page, ours string) bool { return strings.TrimSpace(page) == strings.TrimSpace(ours) }

// end prints the differences by kind, and fails if any is unintended.
func (r *report) end() error {
	differ := map[string][]found{}
	for _, f := range r.found {
		key := f.tool + " " + f.field
		differ[key] = append(differ[key], f)
	}
	for _, key := range slices.Sorted(maps.Keys(r.compared)) {
		fmt.Printf("%s: %d compared, %d differ, %d of them not as intended\n", key, r.compared[key], r.differ[key], len(differ[key]))
		for _, k := range kinds(differ[key], r.with[key]) {
			fmt.Printf("  %s: %d of %d, for example %s\n      page %q\n      ours %q\n", k.feature, k.count, r.with[key][k.feature], k.example.file, k.example.page, k.example.ours)
		}
	}
	unused := 0
	for i, d := range intended {
		if r.used[i] == 0 && (d.tool == "" || r.compared[d.tool+" "+d.field] > 0) {
			unused++
			fmt.Printf("no page differs in this any longer: remove it from the table of intended differences: %s %s: %s\n", d.tool, d.field, d.why)
		}
	}
	fmt.Printf("%d posts compared: %d differences are not intended, and %d that are intended are not there\n", r.posts, len(r.found), unused)
	if len(r.found)+unused > 0 {
		return errors.New("digestbot and the site generators read posts differently (above)")
	}
	return nil
}

// kind is the set of differences that are attributed to one feature.
type kind struct {
	feature string
	count   int
	example found
}

// kinds attributes each difference to one feature, in descending order of the share of
// differing posts.
func kinds(all []found, with map[string]int) (out []kind) {
	for len(all) > 0 {
		count := map[string]int{}
		for _, f := range all {
			for _, feature := range f.features {
				count[feature]++
			}
		}
		feature := slices.MaxFunc(slices.Sorted(maps.Keys(count)), func(a, b string) int {
			share := func(f string) float64 { return float64(count[f]) / float64(with[f]+1) }
			return cmp.Or(cmp.Compare(share(a), share(b)), count[a]-count[b])
		})
		k := kind{feature: feature, count: count[feature]}
		var rest []found
		for _, f := range all {
			if slices.Contains(f.features, feature) {
				if k.example.file == "" || len(f.page) < len(k.example.page) {
					k.example = f
				}
			} else {
				rest = append(rest, f)
			}
		}
		all = rest
		out = append(out, k)
	}
	return out
}
