package markdown

import (
	"testing"
)

// No HTML ends the process, whatever is missing in it.
func TestHTMLWithoutAttributes(t *testing.T) {
	for _, body := range []string{
		"<img src=\"https://e.org/a.png\">", "<IMG width=4 src='https://e.org/b.png' >", "<img>", "<img src>", "<img alt=x>",
		"Words <img src=\"https://e.org/a.png\"> go on.", "<table>\n<tbody>\n<tr><td>a</td></tr>\n</tbody>\n</table>",
		"<tbody>", "<a>", "<a href>b</a>", "a <b",
	} {
		d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n---\n### One\n\n"+body+"\n\n**Source:** https://e.org/1\n"))
		if len(d.Stories) != 1 || d.Stories[0].Headline != "One" {
			t.Errorf("%q: got %+v, want the story", body, d.Stories)
		}
	}
}
