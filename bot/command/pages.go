package command

import (
	"context"
	"strconv"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
)

// asked describes a call of a verb with the words after it. Its page is limited to the
// existing pages.
func (d readerDesk) asked(r chat.Request, args map[string]string, pages int, words ...string) compose.Asked {
	page, err := strconv.Atoi(args[chat.Page.Name])
	if err != nil {
		page = 1
	}
	a := compose.Asked{Language: d.language(r), Line: chat.Line(append([]string{"digest"}, words...)...), Page: max(1, min(page, pages))}
	if args[chat.Share.Name] != "" {
		if a.SharedBy = r.User.Name; a.SharedBy == "" {
			a.SharedBy = r.User.ID
		}
	}
	return a
}

// pagesOf returns the number of pages for a number of stories.
func pagesOf(stories int) int { return max(1, (stories+compose.Listed-1)/compose.Listed) }

// stories returns the stories of the digests that are on a page, and the total number of
// stories. A digest without stories counts as one.
func stories(digests []*digest.Card, page func(total int) int) (places []vocabulary.Place, total int) {
	return someStories(digests, func(*digest.Card) ([]int, bool) { return nil, true }, page)
}

// someStories returns the stories that are on a page, and their total number. which chooses
// stories of each digest, or the digest as a whole.
func someStories(digests []*digest.Card, which func(*digest.Card) (some []int, whole bool), page func(total int) int) (places []vocabulary.Place, total int) {
	count := func(d *digest.Card) (some []int, whole bool, n int) {
		if some, whole = which(d); whole {
			return nil, true, max(1, d.Len())
		}
		return some, false, len(some)
	}
	for _, d := range digests {
		_, _, n := count(d)
		total += n
	}
	from := (page(total) - 1) * compose.Listed
	at := 0
	for _, d := range digests {
		some, whole, n := count(d)
		for i := max(0, from-at); i < n && len(places) < compose.Listed; i++ {
			switch {
			case !whole:
				places = append(places, vocabulary.Place{Digest: d, Story: some[i]})
			case d.Len() == 0:
				places = append(places, vocabulary.Place{Digest: d, Story: -1})
			default:
				places = append(places, vocabulary.Place{Digest: d, Story: i})
			}
		}
		if at += n; len(places) == compose.Listed {
			break
		}
	}
	return places, total
}

// page returns the places that are on a page.
func page(places []vocabulary.Place, number int) []vocabulary.Place {
	from := min(len(places), (number-1)*compose.Listed)
	return places[from:min(len(places), from+compose.Listed)]
}

// ledgerPatience is how long an answer waits for the ledger's links to posts. Platforms
// wait three seconds for the answer, which is almost as useful without them.
const ledgerPatience = time.Second

// found adds to stories where they were posted in the channel, if the ledger can tell.
func (d readerDesk) found(ctx context.Context, c chat.Channel, places []vocabulary.Place) (found []compose.Found, err error) {
	ctx, cancel := context.WithTimeout(ctx, ledgerPatience)
	defer cancel()
	var unread error
	posts, whole := map[string]string{}, map[*digest.Card]*digest.Digest{}
	for _, p := range places {
		if whole[p.Digest] == nil {
			if whole[p.Digest], err = p.Digest.Read(); err != nil {
				return nil, err
			}
		}
		if _, known := posts[p.Digest.ID]; !known && unread == nil {
			if posts[p.Digest.ID], unread = postOf(ctx, d.Ledger, c, p.Digest.ID); unread != nil {
				d.Log.Warn("command: an answer has no links to posts", "channel", c.String(), "error", unread)
			}
		}
		found = append(found, compose.Found{Digest: whole[p.Digest], Story: p.Story, Post: posts[p.Digest.ID]})
	}
	return found, nil
}

// postOf returns the URL of the latest post of a digest in a channel; empty if there is
// none.
func postOf(ctx context.Context, l ledger.Ledger, c chat.Channel, id string) (url string, err error) {
	all, err := l.List(ctx, ledger.Query{Channel: c, Digest: id, Limit: -1})
	if err != nil {
		return "", err
	}
	for _, x := range all {
		if x, err = ledger.Lead(ctx, l, x); err != nil {
			return "", err
		}
		if !x.Since.IsZero() && len(x.Parts) > 0 && x.Parts[0].Stands() && x.Parts[0].Receipt.URL != "" {
			return x.Parts[0].Receipt.URL, nil
		}
	}
	return "", nil
}

// insteads returns lines that may have been meant, one for each name.
func insteads(names []string, line func(name string) string) (out []compose.Instead) {
	for _, name := range names {
		out = append(out, compose.Instead{Label: name, Line: line(name)})
	}
	return out
}
