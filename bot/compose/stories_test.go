package compose

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

func TestBriefNamesSources(t *testing.T) {
	long := strings.Repeat("长", 300)
	for _, c := range []struct {
		story digest.Story
		want  string
	}{
		{digest.Story{Headline: "H", Sources: []digest.Source{{Title: "An article", URL: "https://www.theregister.com/1"}}}, "H|theregister.com|https://www.theregister.com/1"},
		{digest.Story{Headline: "What The Register says", Sources: []digest.Source{{URL: "https://www.theregister.com/1"}}}, "What The Register says||https://www.theregister.com/1"},
		{digest.Story{Headline: "H", Summary: digest.Text{{Text: "微软 Microsoft 说。"}}, Sources: []digest.Source{{Title: "A", URL: "https://devblogs.microsoft.com/1"}}}, "H|微软 Microsoft 说。|https://devblogs.microsoft.com/1"},
		{digest.Story{Headline: "H", Summary: digest.Text{{Text: "S."}}, Sources: []digest.Source{{URL: "https://a.example/1"}, {Title: "Two", URL: "https://www.a.example/2"}, {URL: "https://b.example:8443/3"}, {URL: "https://a.example/1"}}}, "H|S. (a.example · Two · b.example:8443)|https://a.example/1"},
		{digest.Story{Headline: "H", Sources: []digest.Source{{Title: long}}}, "H|" + long + "|"},
		{digest.Story{Sources: []digest.Source{{Title: "T", URL: "https://example.org/"}}}, "T|example.org|https://example.org/"},
		{digest.Story{Sources: []digest.Source{{URL: "https://example.org/"}}}, "https://example.org/||https://example.org/"},
		{digest.Story{Summary: digest.Text{{Text: "Only a summary. More."}}, Sources: []digest.Source{{URL: "https://example.org/"}}}, "Only a summary.|example.org|https://example.org/"},
		{digest.Story{Headline: long + " @everyone <!channel> 👩‍👩‍👧"}, long + " @everyone <!channel> 👩‍👩‍👧||"},
	} {
		got, ok := Digest(&digest.Digest{Card: digest.Card{ID: "a"}, Stories: []digest.Story{c.story}}, Post{Look: Look{Style: Brief}}).Blocks[0].(chat.Story)
		source := ""
		if len(got.Sources) == 1 {
			source = got.Sources[0].URL
		}
		if told := got.Headline + "|" + got.Summary.String() + "|" + source; !ok || told != c.want {
			t.Errorf("%+v is %q, want %q", c.story, told, c.want)
		}
	}
}

// Each address occurs once in a digest, and so does a story that is also in an overview.
func TestAddressesAndStoriesStandOnce(t *testing.T) {
	d := &digest.Digest{Card: digest.Card{ID: "a", Language: "en"}, Stories: []digest.Story{
		{Headline: "One", Group: "Highlights", Sources: []digest.Source{{URL: "https://a.example/1"}}},
		{Headline: "Two", Group: "News", Summary: digest.Text{{Text: "See "}, {Text: "three", URL: "https://a.example/3"}, {Text: " and "}, {Text: "two", URL: "https://a.example/2"}, {Text: "."}}, Sources: []digest.Source{{Title: "Two!", URL: "https://a.example/2"}, {Title: "Again", URL: "https://a.example/1"}}},
		{Headline: "one.", Group: "News", Summary: digest.Text{{Text: "It is out. Get it."}}, Sources: []digest.Source{{Title: "The source", URL: "https://a.example/1"}}},
		{Headline: "Three", Group: "News", Sources: []digest.Source{{URL: "https://a.example/3"}}},
	}}
	for _, style := range Styles {
		m := Digest(d, Post{Look: Look{Style: style, Details: Nowhere}})
		told := strings.Join(shown(m), " ")
		if strings.Count(told, "•|One|")+strings.Count(told, "-|One") != 1 || strings.Contains(told, "|one.") {
			t.Errorf("%s shows %q, want the first story once", style, told)
		}
		count := map[string]int{}
		add := func(t chat.Text) {
			for _, s := range t {
				count[s.URL]++
			}
		}
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case chat.Story:
				add(b.Summary)
				for _, l := range b.Sources {
					count[l.URL]++
				}
			case chat.List:
				for _, item := range b.Items {
					add(item)
				}
			}
		}
		for _, address := range []string{"https://a.example/1", "https://a.example/2", "https://a.example/3"} {
			if count[address] != 1 {
				t.Errorf("%s: %s stands %d times, want once", style, address, count[address])
			}
		}
	}
	full := Digest(d, Post{Look: Look{Style: Full}})
	if one := full.Blocks[1].(chat.Story); one.Summary.String() != "It is out. Get it." || one.Sources[len(one.Sources)-1].Title != "The source" {
		t.Errorf("the first story is %+v, want what both say", one)
	}
	if two := full.Blocks[3].(chat.Story); two.Sources[0] != (chat.Link{URL: "https://a.example/2"}) || two.Sources[1] != (chat.Link{Title: "Again"}) {
		t.Errorf("the second story has %+v", two.Sources)
	}
}

// A long digest shows the first stories of each group; the rest is in a fold, or counted if
// a thread has it, and never lost.
func TestBriefFolds(t *testing.T) {
	d := many(19)
	d.Language, d.Lead = "en", nil
	for i := range d.Stories {
		d.Stories[i].Group = []string{"", "Models", "Policy"}[i/8]
	}
	for _, c := range []struct {
		shown int
		want  string
	}{
		{0, "•0 •1 •2 ##Models •8 •9 ##Policy •16 •17 ▸12"},
		{3, "•0 ##Models •8 ##Policy •16 ▸16"},
		{1, "•0 ▸18"},
		{18, "•0 •1 •2 •3 •4 •5 •6 •7 ##Models •8 •9 •10 •11 •12 •13 •14 ##Policy •16 •17 •18 ▸1"},
		{19, "•0 •1 •2 •3 •4 •5 •6 •7 ##Models •8 •9 •10 •11 •12 •13 •14 •15 ##Policy •16 •17 •18"},
	} {
		m := Digest(d, Post{Look: Look{Style: Brief, Shown: c.shown}})
		var got []string
		hidden := 0
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case chat.Heading:
				got = append(got, "##"+b.Title)
			case chat.Story:
				got = append(got, "•"+b.Headline[strings.LastIndex(b.Headline, " ")+1:])
			case chat.Fold:
				for _, x := range b.Blocks {
					if _, ok := x.(chat.Story); ok {
						hidden++
					}
				}
				got = append(got, "▸"+strings.TrimSuffix(strings.Replace(b.Title, "One more", "1 more", 1), " more stories"))
				got[len(got)-1] = strings.TrimSuffix(got[len(got)-1], " more story")
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%d: got %s, want %s", c.shown, strings.Join(got, " "), c.want)
		}
		label, line := "Full text", "/digest story 2026-01-21-tech"
		if hidden > 0 {
			label = "Show all 19"
		}
		if all := strings.Join(shown(m), " "); !strings.Contains(all, "□|"+label+"|"+line) {
			t.Errorf("%d: no button %q in %s", c.shown, label, all)
		}
		if got, want := m.Note.String(), "19 stories · 7 min"; got != want {
			t.Errorf("%d: note %q, want %q", c.shown, got, want)
		}
	}
	p := Post{Look: Look{Style: Brief, Details: Thread}}
	told := strings.Join(shown(Digest(d, p)), " ")
	if !strings.Contains(told, "¶||… and 12 more stories") || strings.Contains(told, "▸") || strings.Contains(told, "Show all") {
		t.Errorf("over a thread: %s", told)
	}
	replies := Replies(d, p)
	if len(replies) != 2 || replies[0].Title != "All 19 stories" || strings.Count(strings.Join(shown(replies[0]), " "), "•|") != 19 || replies[1].Title != "分析 · 结论" {
		t.Errorf("the thread has %d messages: %+v", len(replies), replies)
	}
	if replies := Replies(d, Post{Look: Look{Style: Full, Details: Thread}}); len(replies) != 1 {
		t.Errorf("under a full post: %+v", replies)
	}
}

// A heading without text is not a section, and names no button.
func TestSectionsWithoutWordsAreNone(t *testing.T) {
	d := sample()
	d.Tags = nil
	d.Sections = []digest.Section{{Title: "行业"}, {Title: "模型", Text: digest.Text{{Text: " \n"}}}}
	for _, place := range Places {
		p := Post{Look: Look{Style: Full, Details: place}}
		if told := strings.Join(shown(Digest(d, p)), " "); strings.Contains(told, "行业") || strings.Contains(told, "模型") || len(Replies(d, p)) > 0 {
			t.Errorf("%s: %s", place, told)
		}
	}
}

// A few tags are buttons, more of them a menu.
func TestTagsAreAMenuUnlessFew(t *testing.T) {
	d := sample()
	for n, want := range map[int]string{0: "", 3: "□t0 □t1 □t2", 4: "▾4", 60: "▾25"} {
		d.Tags = nil
		for i := range n {
			d.Tags = append(d.Tags, "t"+strings.Repeat("x", i/3)+string(rune('0'+i%3)))
		}
		m := Digest(d, Post{Look: Look{Style: Full, Details: Nowhere}})
		var got []string
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case chat.Buttons:
				for _, x := range b {
					got = append(got, "□"+x.Label)
				}
			case chat.Select:
				got = append(got, "▾"+in("en").Count(len(b.Choices)))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d tags: got %s, want %s", n, strings.Join(got, " "), want)
		}
	}
}
