package plan

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/digest"
)

// rewritten reports whether a file has become another digest: it has none of the previous
// headlines, or it is about another day and lacks most of them. If it is about the same day
// and has most of the same pages, its headlines were only reworded.
func rewritten(before, now ledger.Said) bool {
	if now.SameFile(before) { // only parsed differently, by a new layout or a new version
		return false
	}
	sameDay, headlines := before.Day == now.Day, kept(before.Headlines, now.Headlines)
	switch pages := kept(before.Pages, now.Pages); {
	case otherNews(before, now):
		return true
	case sameDay && pages > 0 && 2*pages >= len(now.Pages):
		return false
	case headlines == 0 && len(before.Headlines) > 0 && len(now.Headlines) > 0:
		return true
	}
	return !sameDay && 2*headlines < max(len(now.Headlines), 1)
}

// otherNews reports whether a digest of another day has none of the previous pages, so that
// equal headlines are standing headings over different news.
func otherNews(before, now ledger.Said) bool {
	return before.Day != now.Day && len(before.Pages) > 0 && len(now.Pages) > 0 && kept(before.Pages, now.Pages) == 0
}

// kept returns how many elements of now are in before.
func kept(before, now []string) (n int) {
	for _, x := range now {
		if slices.Contains(before, x) {
			n++
		}
	}
	return n
}

// anew reports whether a digest is owed to a channel in which its file was posted before:
// the file has become another digest, or has become fit to be posted, and the channel has
// not had that digest before.
func anew(known ledger.Known, now ledger.Said) bool {
	if known.Open || len(known.Said) == 0 {
		return false
	}
	if fit := known.Said[0].Text == "" && len(now.Headlines) > 0; !fit && !rewritten(known.Said[0], now) {
		return false
	}
	return !slices.ContainsFunc(known.Said, func(before ledger.Said) bool {
		return now.SameFile(before) || now.Text != "" && before.Text == now.Text || len(now.Headlines) > 0 && kept(before.Headlines, now.Headlines) == len(now.Headlines) && !otherNews(before, now)
	})
}

// tells reports whether a digest still has what was posted under its ID. now returns what a
// post would say of it.
func tells(dig *digest.Card, now func() ledger.Said, before ledger.Said) bool {
	// Almost all do; this test shows it without computing now.
	if post.DayOf(dig) == before.Day && kept(before.Headlines, dig.HeadlineHashes()) > 0 {
		return true
	}
	return !rewritten(before, now())
}

// exactly is the likeness of identical texts.
const exactly = 1 << 20

// likeness measures how much of what was posted under one ID is now under another, for the
// case of one digest whose file was moved and perhaps edited; 0 means another digest. A
// digest with the same text is the same even if its date was corrected.
//
// It has less data than digest.Same, because the ledger records less; but the two files
// that it compares never exist at the same time.
func likeness(before, now ledger.Said, titleBefore, titleNow string) int {
	if before.Language != "" && now.Language != "" && !strings.EqualFold(before.Language, now.Language) ||
		digest.OtherLanguage(before.Digest, now.Digest) {
		return 0
	}
	sameDay := before.Day == now.Day
	mayBe := before.Day == "" // ledgers did not record days at first
	if before.Text == now.Text && (sameDay || len(now.Headlines) > 0) {
		return exactly
	}
	was, is := distinct(before.Headlines), distinct(now.Headlines)
	headlines, all, least := kept(was, is), max(len(was), len(is)), min(len(was), len(is))
	pages, fewer := kept(before.Pages, now.Pages), min(len(before.Pages), len(now.Pages))
	sameTitle := digest.Fold(titleBefore) == digest.Fold(titleNow)
	switch {
	case !sameDay && !mayBe, headlines == 0:
		return 0
	case fewer > 0 && 2*pages < fewer: // other sources are other news under standing headings
		return 0
	case pages == 0 && headlines < 2: // one heading is not enough
		return 0
	case 5*headlines >= 4*all, sameDay && sameTitle && 2*headlines >= all && 2*headlines > least:
		return headlines
	}
	return 0
}

// distinct returns the hashes sorted, without duplicates.
func distinct(hashes []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(hashes)))
}
