package plan

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/digest"
)

// rewritten reports whether a file has become another digest: none of its
// headlines was in what was said before, or it is about another day and most of
// them were not. When most of the pages of that day are the same, only the
// headlines were put into other words.
func rewritten(before, now ledger.Said) bool {
	if now.SameFile(before) { // which is read in another way now, by a new layout or a new version
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

// otherNews reports whether nothing of another day's pages is left, so that the
// same headlines are the headings of always over other news.
func otherNews(before, now ledger.Said) bool {
	return before.Day != now.Day && len(before.Pages) > 0 && len(now.Pages) > 0 && kept(before.Pages, now.Pages) == 0
}

// kept is how many of now were there before.
func kept(before, now []string) (n int) {
	for _, x := range now {
		if slices.Contains(before, x) {
			n++
		}
	}
	return n
}

// anew reports whether a digest is owed to a channel that knows its file: the
// file has become another digest, or fit to be posted, and none that the channel
// was told before.
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

// tells reports whether a digest, of which a post says something now, tells still
// what was said under its ID.
func tells(dig *digest.Card, now func() ledger.Said, before ledger.Said) bool {
	// Almost all do, which is seen without looking at all that they say.
	if post.DayOf(dig) == before.Day && kept(before.Headlines, dig.HeadlineHashes()) > 0 {
		return true
	}
	return !rewritten(before, now())
}

// exactly is the likeness of what is the same word for word.
const exactly = 1 << 20

// likeness is how much of what was said under one ID is said under another now,
// so that it is the same digest, whose file was moved and perhaps edited; 0 when
// it is another digest. One that was told in the same words is the same even if
// its date was corrected.
//
// It decides by less than digest.Same, because less is noted; but the files of
// two that are asked about never stand beside each other.
func likeness(before, now ledger.Said, titleBefore, titleNow string) int {
	if before.Language != "" && now.Language != "" && !strings.EqualFold(before.Language, now.Language) ||
		digest.OtherLanguage(before.Digest, now.Digest) {
		return 0
	}
	sameDay := before.Day == now.Day
	mayBe := before.Day == "" // as ledgers noted digests before each had a day
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
	case fewer > 0 && 2*pages < fewer: // what has other sources is other news under the headings of always
		return 0
	case pages == 0 && headlines < 2: // one heading tells too little
		return 0
	case 5*headlines >= 4*all, sameDay && sameTitle && 2*headlines >= all && 2*headlines > least:
		return headlines
	}
	return 0
}

// distinct are hashes without repetitions.
func distinct(hashes []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(hashes)))
}
