package compose

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// told is a story as a post tells it, under the heading of its group.
type told struct {
	chat.Story
	group string
}

// stories are the stories of a digest, each once, but for the repeats that are to
// be hidden, which are counted.
func (w words) stories(d *digest.Digest, p Post) (stories []told, hidden int) {
	repeats := make(map[int]Repeat, len(p.Repeats))
	for _, r := range p.Repeats {
		repeats[r.Story] = r
	}
	stories = make([]told, 0, len(d.Stories))
	known := make(map[string]int, len(d.Stories)) // the story of an address and a headline
	for i, s := range d.Stories {
		t := told{completed(s.Headline, text(s.Summary), links(s.Sources)), s.Group}
		if r, ok := repeats[i]; ok {
			if r.Hide {
				hidden++
				continue
			}
			t.Note = chat.Text{{Text: w.Since(r.Since, d.Date), URL: r.URL}}
		}
		if len(s.Sources) > 0 {
			key := s.Sources[0].URL + " " + letters(s.Headline)
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

// completed is a story whose headline and summary do not begin with the same
// words: a headline that is the cut start of its summary becomes the sentence.
func completed(headline string, summary chat.Text, sources []chat.Link) chat.Story {
	s := chat.Story{Headline: headline, Summary: summary, Sources: sources}
	words := summary.String()
	from := skipMarks(words, 0)
	at := beginsWith(words[from:], headline)
	if at == 0 {
		return s
	}
	end := sentenceEnd(words, from)
	open := strings.HasSuffix(headline, "…") || strings.HasSuffix(headline, "...")
	switch sentence := strings.TrimSpace(words[from:end]); {
	case from+at > end: // it has more than the first sentence
	case !open && 5*len(letters(headline)) < 3*len(letters(sentence)):
		return s // its subject, which the sentence has in full
	case utf8.RuneCountInString(sentence) <= completedLimit:
		s.Headline, at = sentence, end-from
	}
	if s.Summary = cutText(summary, from+at, len(words)); len(s.Summary) > 0 && s.Headline == headline && open {
		s.Summary = append(chat.Text{{Text: "… "}}, s.Summary...)
	}
	return s
}

// completedLimit is the most characters of a sentence that becomes a headline.
const completedLimit = 200

// beginsWith is the length of the beginning of s that has the letters of a
// headline, with the marks that follow; 0 when it has others, or none.
func beginsWith(s, headline string) int {
	rest := letters(headline)
	if rest == "" {
		return 0
	}
	for i, r := range s {
		if l := letters(string(r)); l != "" {
			if rest == "" {
				return i
			}
			var ok bool
			if rest, ok = strings.CutPrefix(rest, l); !ok {
				return 0
			}
		}
	}
	if rest != "" {
		return 0
	}
	return len(s)
}

// once leaves each address in stories once, where it stands first: as that of a
// source, else in a summary. A source's title that says no more than the headline
// goes.
func once(stories []told) {
	seen := map[string]bool{}
	for i := range stories {
		s := &stories[i]
		kept := make([]chat.Link, 0, len(s.Sources))
		for _, source := range s.Sources {
			if repeats(source.Title, s.Headline) {
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

// unlinked is a text without links to addresses that were seen, which it adds its
// own to.
func unlinked(t chat.Text, seen map[string]bool) chat.Text {
	out := slices.Clone(t)
	for i := range out {
		if address := out[i].URL; address != "" && seen[address] && out[i].Text != "" && out[i].Text != address {
			again := i > 0 && t[i-1].URL == address // of a link in two styles
			if !again || out[i-1].URL == "" {
				out[i].URL = ""
			}
		} else if address != "" {
			seen[address] = true
		}
	}
	return out
}

// onlySite is the site of all stories if there are several and they have one.
func onlySite(stories []told) (only string) {
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

// brief is a story in short: its headline, which leads to its first source, its
// first sentence, and the names of the sites that neither these nor all other
// stories have. It reports whether that leaves out any of its words.
func brief(s chat.Story, only string) (short chat.Story, less bool) {
	short = chat.Story{Headline: s.Headline, Note: s.Note}
	sentence := gist(s.Summary, s.Headline)
	if s.Headline == "" {
		short.Headline, sentence = sentence.String(), nil
	}
	first := slices.IndexFunc(s.Sources, func(l chat.Link) bool { return l.URL != "" })
	if short.Headline == "" && len(s.Sources) > 0 {
		short.Headline = name(s)
	}
	short.Summary = sentence
	var sites chat.Text
	add := func(span chat.Span) {
		if len(sites) > 0 {
			sites = append(sites, chat.Span{Text: " · "})
		}
		sites = append(sites, span)
	}
	said := letters(short.Headline + " " + sentence.String())
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
			if label != only && !strings.Contains(said, letters(siteName(label))) {
				add(chat.Span{Text: label})
			}
		case source.URL != "":
			add(chat.Span{Text: label, URL: source.URL})
		case first < 0 && !strings.Contains(said, letters(label)):
			add(chat.Span{Text: label})
		}
	}
	short.Summary = aside(short.Summary, sites)
	less = len(letters(s.Summary.String())) > len(letters(sentence.String())) || slices.ContainsFunc(s.Sources, func(l chat.Link) bool { return l.Title != "" })
	return short, less
}

// sourceTitle is what a source is called, else another name.
func sourceTitle(source chat.Link, name string) string {
	if source.Title != "" {
		return source.Title
	}
	return name
}

// siteName is the name in a host: theregister of theregister.com.
func siteName(host string) string {
	labels := strings.Split(host, ".")
	for i := len(labels) - 2; i >= 0; i-- {
		if n := len(labels[i]); i == 0 || n > 3 && labels[i] != "blogspot" && labels[i] != "github" {
			return labels[i]
		}
	}
	return host
}

// site is where a source stands, in short: the host of its address.
func site(source chat.Link) string {
	if u, err := url.Parse(source.URL); err == nil && u.Host != "" {
		return strings.TrimPrefix(u.Host, "www.")
	}
	if source.Title != "" {
		return source.Title
	}
	return source.URL
}

// pick divides stories into at most so many that are shown, of each group its first
// ones, and the others.
func pick(stories []told, most int) (shown, rest []told) {
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

// share shares out so many among those that want some: one to each in turn.
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

// grouped are stories under the headings of their groups.
func grouped(stories []told) (blocks []chat.Block) {
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

// minutes is how long texts take to read: of Chinese and Japanese about 400
// characters in a minute, else about 230 words.
func minutes(texts ...string) int {
	characters, words := 0, 0
	for _, t := range texts {
		within := false
		for _, r := range t {
			switch {
			case eastern(r):
				characters, within = characters+1, false
			case unicode.IsLetter(r) || unicode.IsDigit(r):
				if !within {
					words++
				}
				within = true
			case unicode.IsSpace(r):
				within = false
			}
		}
	}
	return max(1, (characters*230+words*400+400*230/2)/(400*230))
}
