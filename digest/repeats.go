package digest

import (
	"net/url"
	"strings"
	"time"
)

// Earlier is a story that an earlier digest already had.
type Earlier struct {
	// Story is its index in the digest passed to Library.Earlier.
	Story int
	// Digest is the oldest within the period that had one of its pages.
	Digest *Card
}

// Earlier finds the stories of d that bring no new source: each of their pages was in
// an accepted digest that comes before d and is at most within older. They are in the
// order of d.
//
// Pages are compared as a reader would: the scheme, a leading "www.", a trailing slash,
// the fragment and parameters that begin with utm_ are ignored. The main page of a site
// does not identify a story.
func (l *Library) Earlier(d *Card, within time.Duration, accepts func(*Card) bool) (repeats []Earlier) {
	rank, known := l.rank(d.ID)
	if !known {
		return nil
	}
	first := map[uint64]*Card{} // the oldest digest so far with each page of d
	for _, k := range d.marks.stories() {
		for p := range k.pages.all() {
			first[p] = nil
		}
	}
	if len(first) == 0 {
		return nil
	}
	oldest := d.Date.Add(-within)
	for _, e := range l.digests[rank+1:] {
		if e.Date.Before(oldest) {
			break
		}
		if !accepts(e) {
			continue
		}
		for _, k := range e.marks.stories() {
			for p := range k.pages.all() {
				if _, asked := first[p]; asked {
					first[p] = e
				}
			}
		}
	}
	for i, k := range d.marks.stories() {
		if since := oldestOf(k.pages, first); since != nil {
			repeats = append(repeats, Earlier{Story: i, Digest: since})
		}
	}
	return repeats
}

// oldestOf returns the oldest of the digests that had the pages; nil if one page is
// new, or if there are none.
func oldestOf(p pages, had map[uint64]*Card) (oldest *Card) {
	for page := range p.all() {
		d := had[page]
		if d == nil {
			return nil
		}
		if oldest == nil || newestFirst(d, oldest) > 0 {
			oldest = d
		}
	}
	return oldest
}

// pageAt returns a normalized address, which is equal for equal pages. It is empty for
// a main page and for anything not on the web.
func pageAt(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	var kept []string
	for parameter := range strings.SplitSeq(u.RawQuery, "&") {
		if parameter != "" && !strings.HasPrefix(strings.ToLower(parameter), "utm_") {
			kept = append(kept, parameter)
		}
	}
	at := strings.TrimRight(u.Path, "/")
	if len(kept) > 0 {
		at += "?" + strings.Join(kept, "&")
	}
	if at == "" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "www.") + at
}
