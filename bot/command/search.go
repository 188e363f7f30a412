package command

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
)

// ErrNotReady means that the search has no index yet.
var ErrNotReady = errors.New("the search is not ready")

// searchPages is the maximum number of pages of a search.
const searchPages = 25

var search = verb{
	Command: chat.Command{
		Name: "search", Summary: "Stories that contain words", Private: true,
		Args: []chat.Arg{{Name: "words", Summary: "Words that a story must have, for example Chainlit 漏洞; put a phrase in quotes", Required: true, Rest: true, Suggest: true}, chat.Page, chat.Share},
	},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		words, lang := strings.TrimSpace(args["words"]), d.language(r)
		m, found, err := d.searched(ctx, r, words, args)
		switch {
		case errors.Is(err, ErrNotReady):
			return compose.NoSearch(d.tagsIn(words), lang), nil
		case err != nil || found:
			return m, err
		}
		less, err := d.searchLess(ctx, words)
		if err != nil {
			return chat.Message{}, err
		}
		return compose.NothingFound(words, append(less, d.tagsIn(words)...), d.Library().Tags(), lang), nil
	},
}

// searched returns a page of the stories that have the words; ok is false if there are
// none.
func (d readerDesk) searched(ctx context.Context, r chat.Request, words string, args map[string]string) (m chat.Message, ok bool, err error) {
	const most = searchPages * compose.Listed
	hits, err := d.Search(ctx, words, most+1)
	if err != nil || len(hits) == 0 {
		return m, false, err
	}
	more := len(hits) > most
	hits = hits[:min(most, len(hits))]
	of := map[*digest.Card]int{}
	for _, h := range hits {
		if h.Story >= 0 {
			of[h.Digest]++
		}
	}
	// A digest is the heading of its stories; it is a result itself only if none of them
	// has the words.
	hits = slices.DeleteFunc(hits, func(h vocabulary.Place) bool { return h.Story < 0 && of[h.Digest] > 0 })
	a := d.asked(r, args, pagesOf(len(hits)), "search", words)
	places := page(hits, a.Page)
	found, err := d.found(ctx, r.Channel, places)
	for i := range found {
		found[i].Of, found[i].Words = cmp.Or(of[places[i].Digest], -1), chat.Words(words)
	}
	return compose.Searched(words, found, len(hits), more, a), err == nil, err
}

// orSearched answers a request that found nothing for words: with the results of a search,
// passed through instead, or with nothing, which is told whether a search was made.
func (d readerDesk) orSearched(ctx context.Context, r chat.Request, words string, nothing func(searched bool) chat.Message, instead func(chat.Message) chat.Message) (chat.Message, error) {
	m, ok, err := d.searched(ctx, r, words, nil)
	switch {
	case ok:
		return instead(m), nil
	case errors.Is(err, ErrNotReady):
		return nothing(false), nil
	}
	return nothing(err == nil), err
}

// searchLess returns searches that find something although the words found nothing: with
// all but one of the words, or with a word that is a typing error away.
func (d readerDesk) searchLess(ctx context.Context, words string) (near []compose.Instead, err error) {
	each := chat.Words(words)
	if len(each) > 6 {
		each = each[:6]
	}
	var lines [][]string
	for i, word := range each {
		close := fuzzy.Match(word, d.index().Words())
		for _, other := range close[:min(2, len(close))] {
			if !strings.EqualFold(other, word) {
				lines = append(lines, slices.Concat(each[:i], []string{other}, each[i+1:]))
			}
		}
	}
	for i := range each {
		if len(each) > 1 {
			lines = append(lines, slices.Concat(each[:i], each[i+1:]))
		}
	}
	for _, line := range lines {
		for i, word := range line {
			line[i] = chat.Quote(word)
		}
		text := strings.Join(line, " ")
		hits, err := d.Search(ctx, text, 1)
		if err != nil {
			return nil, err
		}
		if len(hits) > 0 && len(near) < fuzzy.Most/2 {
			near = append(near, compose.Instead{Label: strings.Join(chat.Words(text), " "), Line: chat.Line("digest", "search") + " " + text})
		}
	}
	return near, nil
}

// tagsIn returns the words that are tags.
func (d readerDesk) tagsIn(words string) (near []compose.Instead) {
	library := d.Library()
	for _, word := range append([]string{words}, chat.Words(words)...) {
		t, ok := library.Tag(word)
		instead := compose.Instead{Label: "#" + t.Name, Line: compose.TagLine(t.Name)}
		if ok && !slices.Contains(near, instead) && len(near) < fuzzy.Most/2 {
			near = append(near, instead)
		}
	}
	return near
}
