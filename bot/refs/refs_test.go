package refs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

func TestRefs(t *testing.T) {
	details := chat.Command{Name: "digest", Args: []chat.Arg{{Name: "details"}, {Name: "id", Rest: true}}}
	long := "posts/2026/" + strings.Repeat("very-", 20) + "long"
	for _, c := range []struct {
		id    string
		plain bool
	}{
		{"2026-01-21-tech", true},
		{"tech/_posts/2026-01-21-tech", true},
		{"with a space", true},
		{"科技/2026-01-21-动态", true},
		{"@everyone", true},
		{long, false},
		{strings.Repeat("长", 30), false},
		{`with "quotes"`, false},
		{"“curly” at first", true},
		{"~tilde", false},
		{"two  spaces", true},
		{"tab\tand\u3000wide 「角」『角』", true},
		{"/digest details x", true},
	} {
		ref := Digest(c.id)
		if (ref == c.id) != c.plain {
			t.Errorf("%q becomes %q, want itself: %v", c.id, ref, c.plain)
		}
		if !c.plain && (len(ref) != 11 || ref[0] != '~' || ref != Digest(c.id)) {
			t.Errorf("%q becomes %q, want a hash", c.id, ref)
		}
		line := DetailsLine(ref)
		call, err := details.Parse(line)
		if len(line) > 70 || err != nil || call.Args["id"] != ref {
			t.Errorf("line %q reads %q, %v, want %q in 70 bytes", line, call.Args["id"], err, ref)
		}
	}
	// The lines of buttons must not change: last year's buttons are still pressed.
	if got, want := Digest(long), "~yhfcwygt5x"; got != want {
		t.Errorf("ref %q, want %q", got, want)
	}
}

func sample() *digest.Digest {
	return &digest.Digest{Card: digest.Card{ID: "2026-01-21-tech"}, Stories: []digest.Story{{Headline: "@everyone 头条"}, {Summary: digest.Text{{Text: "only a summary"}}}}}
}

// Every line fits, and finds its story.
func TestStoryRefsFit(t *testing.T) {
	for _, id := range []string{"2026", strings.Repeat("x", 300), `a "b"`, "~x", "c# news", "长" + strings.Repeat("y", 40)} {
		d := sample()
		d.ID = id
		for i := -1; i < len(d.Stories); i++ {
			ref := Story(d, i)
			if line := chat.With(StoryLine(ref), chat.Share, "here"); len(line) > LineLimit {
				t.Errorf("%s is %d bytes long", line, len(line))
			}
			if got, ok := FindStory(d, ref); i >= 0 && (!ok || got != i) {
				t.Errorf("%s is story %d, %v, want %d", ref, got, ok, i)
			}
		}
	}
}

// A button finds its story after others were inserted above it, and finds nothing if the
// story itself was replaced.
func TestStoryRefsLast(t *testing.T) {
	d := sample()
	d.Stories = append(d.Stories, d.Stories[0]) // the same headline again
	first, second, last := Story(d, 0), Story(d, 1), Story(d, 2)
	if first == last {
		t.Error("two stories of one headline have one ref")
	}
	d.Stories = append([]digest.Story{{Headline: "new"}}, d.Stories...)
	for ref, want := range map[string]int{first: 1, second: 2, last: 3} {
		if got, ok := FindStory(d, ref); !ok || got != want {
			t.Errorf("%s is story %d, %v, want %d", ref, got, ok, want)
		}
	}
	d.Stories[2].Headline = "corrected"
	if got, ok := FindStory(d, second); ok {
		t.Errorf("a story that is no more is found as %d", got)
	}
}

// With eight times the stories, finding one takes about eight times the work, measured in
// allocations, which do not depend on the machine.
func TestFindStoryIsLinear(t *testing.T) {
	digests := func(n int) *digest.Digest {
		d := &digest.Digest{Card: digest.Card{ID: "2026-03-01"}}
		for i := range n {
			d.Stories = append(d.Stories, digest.Story{Summary: digest.Text{{Text: "a story "}, {Text: fmt.Sprint(i / 2)}}})
		}
		return d
	}
	allocations := func(n int) float64 {
		d := digests(n)
		ref := Story(d, n-1)
		return testing.AllocsPerRun(1, func() {
			if i, ok := FindStory(d, ref); !ok || i != n-1 {
				t.Fatalf("FindStory found %d, %v, want %d", i, ok, n-1)
			}
		})
	}
	if few, many := allocations(250), allocations(2000); many > 24*few {
		t.Errorf("%v allocations among 250 stories and %v among 2000, want at most 24 times as many", few, many)
	}
}
