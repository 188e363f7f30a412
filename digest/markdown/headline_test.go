package markdown

import "testing"

// A link to the discussion after the headline is not a source.
func TestTalkInHeadings(t *testing.T) {
	for heading, want := range map[string]string{
		"### [One](https://a.b/1) [[comments](https://a.b/2)]":                    "One | Text. | 1\n",
		"### [One](https://a.b/1) – [讨论](https://a.b/2) (9 points)":               "One | Text. | 1\n",
		"### [One](https://a.b/1) and [two](https://a.b/2)":                       "One and two | Text. | 1 2\n",
		"### [One @here](https://a.b/1) [37 comments](https://a.b/2)":             "One @here | Text. | 1\n",
		"### One, and [37 comments](https://a.b/2)":                               "One, and 37 comments | Text. | 2\n",
		"### [Discussion](https://a.b/1)":                                         "Discussion | Text. | 1\n",
		"### [**One** _for @here_](https://a.b/1) [[12 comments](https://a.b/2)]": "One for @here | Text. | 1\n",
	} {
		if got := outlineOf(heading + "\n\nText.\n"); got != want {
			t.Errorf("%s: got %q, want %q", heading, got, want)
		}
	}
}
