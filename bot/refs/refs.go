// Package refs makes the names that buttons have for digests and stories. A name fits into
// the line of a button on every platform, and means the same for as long as the button
// stands. The package never knows what a button says.
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

// LineLimit is how many bytes the line of a button may have: a longer one meets the end
// of a custom_id on Discord
// (https://docs.discord.com/developers/components/reference#button).
const LineLimit = 70

const (
	hashMark    = "~"
	hashLetters = 10
)

// Digest names a digest on a button: by its ID, else by a hash of that where the
// line would be too long or could not be read back, since it has quotes.
func Digest(id string) string {
	if len(DetailsLine(id)) <= LineLimit && plainID(id) {
		return id
	}
	return Hash(id)
}

// plainID reports whether an ID on a button is read back as it is.
func plainID(id string) bool { return !strings.HasPrefix(id, hashMark) && !strings.Contains(id, `"`) }

// Hash names a digest by a hash of its ID, as refs do that have no room for
// that.
func Hash(id string) string { return hashMark + Hashed(id, hashLetters) }

// IsHash reports whether a ref begins with a Hash.
func IsHash(ref string) bool { return strings.HasPrefix(ref, hashMark) }

// Hashed is a hash in letters that no line needs to quote.
func Hashed(text string, letters int) string {
	sum := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:letters]
}

// StampLetters are those of a stamp.
const StampLetters = 7

// Stamp is short for what an admin was shown. The buttons that ask for a decision carry
// it, so that what is pressed twice is done once, and what has become another thing
// meanwhile is asked anew.
func Stamp(shown ...string) string { return Hashed(strings.Join(shown, "\x00"), StampLetters) }

// Story names a story on buttons, by its digest and its headline, so that it
// is found after others were written above it. Below 0 it names the digest.
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

// Whole names a digest where a story may be named, too.
func Whole(id string) string { return refOf(id, "") }

func refOf(id, mark string) string {
	if len(StoryLine(id+mark)) <= storyLimit && plainID(id) {
		return id + mark
	}
	return Hash(id) + mark
}

const (
	storyMark = "#"
	// storyLimit leaves room for the wish to share the story.
	storyLimit = LineLimit - len(" share=here")
)

// storyWords are the words by which a story is known.
func storyWords(s digest.Story) string { return cmp.Or(s.Headline, s.Summary.String()) }

// storyHash tells a story of a digest from its others. Those of the same words
// are told apart by how many are earlier.
func storyHash(words string, earlier int) string { return Hashed(fmt.Sprint(earlier, words), 6) }

// FindStory finds the story of a digest that a Story names; ok is false when it
// has none of that name.
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

// DetailsLine asks for the details of a digest.
func DetailsLine(ref string) string { return chat.Line("digest", "details", ref) }

// StoryLine opens a story, or a whole digest.
func StoryLine(ref string) string { return chat.Line("digest", "story", ref) }
