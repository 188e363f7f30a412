package compose

import (
	"net/url"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose/sentence"
	"github.com/digestbot/digestbot/digest"
)

// groupedStory is a story for a post, with the heading of its group.
type groupedStory struct {
	chat.Story
	group string
}

// stories returns the stories of a digest without duplicates and without the repeats to be
// hidden, which it counts.
func (w words) stories(d *digest.Digest, p Post) (stories []groupedStory, hidden int) {
	repeats := make(map[int]Repeat, len(p.Repeats))
	for _, r := range p.Repeats {
		repeats[r.Story] = r
	}
	stories = make([]groupedStory, 0, len(d.Stories))
	known := make(map[string]int, len(d.Stories)) // index of the story with an address and a headline
	for i, s := range d.Stories {
		t := groupedStory{chat.Story{Sources: links(s.Sources)}, s.Group}
		t.Headline, t.Summary = sentence.Complete(s.Headline, text(s.Summary))
		if r, ok := repeats[i]; ok {
			if r.Hide {
				hidden++
				continue
			}
			t.Note = chat.Text{{Text: w.Since(r.Since, d.Date), URL: r.URL}}
		}
		if len(s.Sources) > 0 {
			key := s.Sources[0].URL + " " + sentence.Letters(s.Headline)
			if before, ok := known[key]; ok { // an overview has it, too
				stories[before].Summary = longer(stories[before].Summary, t.Summary)
				stories[before].Sources = append(stories[before].Sources, t.Sources...)
				continue
			}
			known[key] = len(stories)
		}
		stories = append(stories, t)
	}
	return stories, hidden
}

func longer(a, b chat.Text) chat.Text {
	if len(b.String()) > len(a.String()) {
		return b
	}
	return a
}

// once removes duplicate links from stories: each address remains only at its first
// occurrence, preferably as a source, else in a summary. Titles of sources that say no more
// than the headline are removed.
func once(stories []groupedStory) {
	seen := map[string]bool{}
	for i := range stories {
		s := &stories[i]
		kept := make([]chat.Link, 0, len(s.Sources))
		for _, source := range s.Sources {
			if sentence.Repeats(source.Title, s.Headline) {
				source.Title = ""
			}
			if source.URL != "" && seen[source.URL] {
				source.URL = ""
			}
			seen[source.URL] = true
			if source != (chat.Link{}) && !slices.ContainsFunc(kept, func(k chat.Link) bool { return source.URL == "" && k.Title == source.Title }) {
				kept = append(kept, source)
			}
		}
		s.Sources = kept
	}
	for i := range stories {
		stories[i].Summary = unlinked(stories[i].Summary, seen)
	}
}

// unlinked returns a text without links to addresses that are in seen, and adds its own
// addresses to seen.
func unlinked(t chat.Text, seen map[string]bool) chat.Text {
	out := slices.Clone(t)
	for i := range out {
		if address := out[i].URL; address != "" && seen[address] && out[i].Text != "" && out[i].Text != address {
			again := i > 0 && t[i-1].URL == address // part of a link in two styles
			if !again || out[i-1].URL == "" {
				out[i].URL = ""
			}
		} else if address != "" {
			seen[address] = true
		}
	}
	return out
}

// onlySite returns the site that all stories have in common, if there are several stories.
func onlySite(stories []groupedStory) (only string) {
	for _, s := range stories {
		for _, source := range s.Sources {
			if label := site(source); only == "" {
				only = label
			} else if label != only {
				return ""
			}
		}
	}
	if len(stories) == 1 {
		return ""
	}
	return only
}

// brief abridges a story: its headline, as a link to its first source, its first sentence,
// and the names of the sites that are neither in these nor common to all stories. It
// reports whether that omits any words.
func brief(s chat.Story, only string) (short chat.Story, less bool) {
	short = chat.Story{Headline: s.Headline, Note: s.Note}
	gist := sentence.First(s.Summary, s.Headline)
	if s.Headline == "" {
		short.Headline, gist = gist.String(), nil
	}
	first := slices.IndexFunc(s.Sources, func(l chat.Link) bool { return l.URL != "" })
	if short.Headline == "" && len(s.Sources) > 0 {
		short.Headline = name(s)
	}
	short.Summary = gist
	var sites chat.Text
	add := func(span chat.Span) {
		if len(sites) > 0 {
			sites = append(sites, chat.Span{Text: " · "})
		}
		sites = append(sites, span)
	}
	said := sentence.Letters(short.Headline + " " + gist.String())
	names := map[string]bool{}
	for i, source := range s.Sources {
		label := site(source)
		if names[label] {
			label = sourceTitle(source, label) // a second page of one site
		}
		names[label] = true
		switch {
		case i == first:
			short.Sources = []chat.Link{{URL: source.URL}}
			if label != only && !strings.Contains(said, sentence.Letters(siteName(label))) {
				add(chat.Span{Text: label})
			}
		case source.URL != "":
			add(chat.Span{Text: label, URL: source.URL})
		case first < 0 && !strings.Contains(said, sentence.Letters(label)):
			add(chat.Span{Text: label})
		}
	}
	short.Summary = aside(short.Summary, sites)
	less = len(sentence.Letters(s.Summary.String())) > len(sentence.Letters(gist.String())) || slices.ContainsFunc(s.Sources, func(l chat.Link) bool { return l.Title != "" })
	return short, less
}

// sourceTitle returns the title of a source, else name.
func sourceTitle(source chat.Link, name string) string {
	if source.Title != "" {
		return source.Title
	}
	return name
}

// siteName returns the name in a host: theregister for theregister.com.
func siteName(host string) string {
	labels := strings.Split(host, ".")
	for i := len(labels) - 2; i >= 0; i-- {
		if n := len(labels[i]); i == 0 || n > 3 && labels[i] != "blogspot" && labels[i] != "github" {
			return labels[i]
		}
	}
	return host
}

// site returns the host of a source's address.
func site(source chat.Link) string {
	if u, err := url.Parse(source.URL); err == nil && u.Host != "" {
		return strings.TrimPrefix(u.Host, "www.")
	}
	if source.Title != "" {
		return source.Title
	}
	return source.URL
}

// pick divides stories into those that are shown, at most most, the first ones of each
// group, and the others.
func pick(stories []groupedStory, most int) (shown, rest []groupedStory) {
	var counts []int
	var of []int // the group of each story
	for i, s := range stories {
		if i == 0 || s.group != stories[i-1].group {
			counts = append(counts, 0)
		}
		counts[len(counts)-1]++
		of = append(of, len(counts)-1)
	}
	left := share(counts, most)
	for i, s := range stories {
		if left[of[i]] > 0 {
			left[of[i]]--
			shown = append(shown, s)
		} else {
			rest = append(rest, s)
		}
	}
	return shown, rest
}

// share distributes most among groups that want some: one to each in turn.
func share(wanted []int, most int) []int {
	got := make([]int, len(wanted))
	for given := true; given && most > 0; {
		given = false
		for i := range wanted {
			if got[i] < wanted[i] && most > 0 {
				got[i]++
				most--
				given = true
			}
		}
	}
	return got
}

// grouped returns stories under the headings of their groups.
func grouped(stories []groupedStory) (blocks []chat.Block) {
	group := ""
	for _, s := range stories {
		if s.group != group && s.group != "" {
			blocks = append(blocks, chat.Heading{Level: 2, Title: s.group})
		}
		group = s.group
		blocks = append(blocks, s.Story)
	}
	return blocks
}
