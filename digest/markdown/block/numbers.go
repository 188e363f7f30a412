package block

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Number finds lines that authors have numbered or marked by hand, as in 1、甲 and • one,
// and turns them into items. A single one is not a list.
func Number(blocks []*Block) []*Block {
	marked := 0
	for _, b := range blocks {
		if b.Kind == Paragraph && !b.Quoted {
			for _, l := range b.Lines {
				if ownMarker(l.Text) > 0 {
					marked++
				}
			}
		}
	}
	if marked < 2 {
		return blocks
	}
	var out []*Block
	bare := "" // the number of the next item, if it had a paragraph of its own
	open := openNumber{at: -1}
	for _, b := range blocks {
		if b.Kind == Heading || b.Kind == Rule {
			open.end(out)
		}
		if b.Kind != Paragraph || b.Quoted {
			out, bare = append(out, b), ""
			continue
		}
		if bare != "" {
			open.next(out, bare)
			named := *b
			named.Kind, named.Marker, named.Level, bare = Item, bare, b.Level+1, ""
			out = append(out, &named)
			continue
		}
		if words := b.Lines[0].Text[0].Text; len(b.Lines) == 1 && len(b.Lines[0].Text) == 1 && lexicon.OrdinalLength(words) == len(words) {
			bare = digits().FindString(words) + ". "
			continue
		}
		from := 0
		for i := 0; i <= len(b.Lines); i++ {
			if i < len(b.Lines) && (i == 0 || ownMarker(b.Lines[i].Text) == 0) {
				continue
			}
			own := ownItem(*b, b.Lines[from:i])
			if own.Kind == Item && lexicon.OrdinalLength(b.Lines[from].Text[0].Text) > 0 {
				open.next(out, own.Marker)
			}
			out = append(out, own)
			from = i
		}
	}
	open.end(out)
	return out
}

// openNumber tracks the last item numbered by hand. The items of lists after it belong
// to it.
type openNumber struct {
	at    int  // its index in the output blocks, or -1
	nests bool // the item before it contains items
}

// next records that an item numbered by hand follows the blocks.
func (o *openNumber) next(blocks []*Block, marker string) {
	if o.at >= 0 && marker != "1. " {
		o.nests = nest(blocks[o.at+1:])
	}
	o.at = len(blocks)
}

// end records that something follows the blocks that ends the list.
func (o *openNumber) end(blocks []*Block) {
	if behind := blocks[o.at+1:]; o.at >= 0 && (o.nests || introduced(behind)) {
		nest(behind)
	}
	o.at, o.nests = -1, false
}

// introduced reports whether a paragraph that ends with a colon precedes the first item
// of the blocks.
func introduced(blocks []*Block) bool {
	for i, b := range blocks {
		if b.Kind == Item {
			return i > 0 && len(blocks[i-1].Lines) > 0 && endsWithColon(Join(blocks[i-1].Lines))
		}
	}
	return false
}

// endsWithColon reports whether a text introduces what follows.
func endsWithColon(t digest.Text) bool {
	words := strings.TrimRight(t.String(), " ")
	return strings.HasSuffix(words, ":") || strings.HasSuffix(words, "：")
}

// nest increases the level of the items among the blocks, and reports whether there are
// any.
func nest(blocks []*Block) (found bool) {
	for i, b := range blocks {
		if b.Kind == Item && !b.Quoted {
			own := *b
			own.Level++
			blocks[i], found = &own, true
		}
	}
	return found
}

// ownMarker returns the length of a number or bullet that is not Markdown. A bold
// number does not count, because it begins a headline.
func ownMarker(t digest.Text) int {
	if t[0].Style&digest.Bold != 0 || t[0].URL != "" {
		return 0
	}
	if n := lexicon.OrdinalLength(t[0].Text); n > 0 {
		return n
	}
	if first, _ := utf8.DecodeRuneInString(t[0].Text); first < utf8.RuneSelf || lexicon.ScriptOf(first) != lexicon.Elsewhere {
		return 0
	}
	return len(ownBullet().FindString(t[0].Text))
}

var ownBullet = lexicon.Pattern(`^(?:[•·▪▫►▶●○◆◇■□➤✦]|[🔹🔸🔺👉])\x{FE0F}?\s*`)

// ownItem returns an item with the lines if the first of them has a marker, otherwise a
// paragraph.
func ownItem(b Block, lines []Line) *Block {
	b.Lines = lines
	if len(lines) == 0 {
		return &b
	}
	b.Offset = lines[0].Offset
	n := ownMarker(lines[0].Text)
	words := Trim(CutText(lines[0].Text, n))
	if n == 0 || len(words) == 0 {
		return &b
	}
	b.Kind, b.Marker, b.Level = Item, "• ", b.Level+1
	if d := digits().FindString(lines[0].Text[0].Text[:n]); d != "" {
		b.Marker = d + ". "
	}
	b.Lines = slices.Clone(lines)
	b.Lines[0].SetText(words)
	return &b
}

var digits = lexicon.Pattern(`\d+`)
