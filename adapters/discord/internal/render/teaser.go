package render

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// teaser is the first headlines in small print, the first one of each of several
// digests, for those who see a notification only.
func teaser(blocks []chat.Block) markup {
	var heads []markup
	add := func(s string) {
		head, rest := layout.Cut(oneLine(s), teaserLimit)
		if rest != "" {
			head += "…"
		}
		if written := escaped(head); written != "" && len(heads) < teaserCount && !slices.Contains(heads, written) {
			heads = append(heads, written)
		}
	}
	teased := false // the first one of this digest
	several := severalDigests(blocks)
	for _, b := range blocks {
		switch b := b.(type) {
		case chat.Heading:
			teased = teased && b.Level > 1
		case chat.Story:
			if !several || !teased {
				add(b.Headline)
				teased = teased || oneLine(b.Headline) != ""
			}
		case chat.List:
			for _, item := range b.Items[:min(len(b.Items), teaserCount)] {
				first, _, _ := strings.Cut(item.String(), "\n")
				add(first)
			}
		}
		if len(heads) == teaserCount {
			break
		}
	}
	if heads == nil {
		return ""
	}
	return "-# " + join(heads, " · ")
}

// severalDigests reports whether blocks are those of several digests.
func severalDigests(blocks []chat.Block) bool {
	return slices.ContainsFunc(blocks, func(b chat.Block) bool { h, ok := b.(chat.Heading); return ok && h.Level < 2 })
}

// continuation is the text above the pages after the first.
func continuation(title string) markup {
	head, rest := layout.Cut(oneLine(title), labelLimit)
	if rest != "" {
		head += "…"
	}
	if head == "" {
		return "-# "
	}
	return "-# " + escaped(head) + " · "
}
