// Package refs makes the names of digests and stories for buttons. A name fits into the
// line of a button on every platform, and keeps its meaning for as long as the button
// exists. The package does not know what a button says.
package refs

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// LineLimit is the maximum length in bytes of a button's line: a longer one exceeds a
// custom_id on Discord (https://docs.discord.com/developers/components/reference#button).
const LineLimit = 70

const (
	hashMark    = "~"
	hashLetters = 10
)

// Digest returns the name of a digest on a button: its ID, else a hash of the ID if the
// line would be too long or, because of quotes, could not be read back.
func Digest(id string) string {
	if len(DetailsLine(id)) <= LineLimit && plainID(id) {
		return id
	}
	return Hash(id)
}

// plainID reports whether an ID on a button is read back unchanged.
func plainID(id string) bool { return !strings.HasPrefix(id, hashMark) && !strings.Contains(id, `"`) }

// Hash returns the name of a digest that is a hash of its ID, for refs that have no room
// for the ID.
func Hash(id string) string { return hashMark + Hashed(id, hashLetters) }

// IsHash reports whether a ref begins with a Hash.
func IsHash(ref string) bool { return strings.HasPrefix(ref, hashMark) }

// Hashed returns a hash of letters that need no quotes in a line.
func Hashed(text string, letters int) string {
	sum := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:letters]
}

// StampLetters is the length of a stamp.
const StampLetters = 7

// Stamp returns a short hash of what an admin was shown. The buttons that ask for a
// decision carry it, so that pressing twice acts once, and what has changed in the meantime
// is asked again.
func Stamp(shown ...string) string { return Hashed(strings.Join(shown, "\x00"), StampLetters) }

// Story returns the name of a story on buttons, derived from its digest and its headline,
// so that it is still found after stories were inserted above it. For a negative story it
// is the name of the digest.
func Story(d *digest.Digest, story int) string {
	if story < 0 {
		return Whole(d.ID)
	}
	words, earlier := storyWords(d.Stories[story]), 0
	for _, s := range d.Stories[:story] {
		if storyWords(s) == words {
			earlier++
		}
	}
	return refOf(d.ID, storyMark+storyHash(words, earlier))
}

// Whole returns the name of a digest for places where a story may be named, too.
func Whole(id string) string { return refOf(id, "") }

func refOf(id, mark string) string {
	if len(StoryLine(id+mark)) <= storyLimit && plainID(id) {
		return id + mark
	}
	return Hash(id) + mark
}

const (
	storyMark = "#"
	// storyLimit leaves room for the argument that shares the story.
	storyLimit = LineLimit - len(" share=here")
)

// storyWords returns the words that identify a story.
func storyWords(s digest.Story) string { return cmp.Or(s.Headline, s.Summary.String()) }

// storyHash distinguishes a story of a digest from the others. If several have the same
// words, earlier is how many come before it.
func storyHash(words string, earlier int) string { return Hashed(fmt.Sprint(earlier, words), 6) }

// FindStory returns the story of a digest to which a ref refers; ok is false if there is
// none.
func FindStory(d *digest.Digest, ref string) (story int, ok bool) {
	earlier := map[string]int{}
	for i, s := range d.Stories {
		words := storyWords(s)
		if refOf(d.ID, storyMark+storyHash(words, earlier[words])) == ref {
			return i, true
		}
		earlier[words]++
	}
	return 0, false
}

// DetailsLine returns the line that asks for the details of a digest.
func DetailsLine(ref string) string { return chat.Line("digest", "details", ref) }

// StoryLine returns the line that opens a story, or a whole digest.
func StoryLine(ref string) string { return chat.Line("digest", "story", ref) }
