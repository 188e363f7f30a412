package render

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/layout"
)

func TestSizeOf(t *testing.T) {
	for _, s := range []string{"", "plain", "汉字😀", "\"quotes\" \\ \n\n \"\"\\\\ 汉字“！” <&>", strings.Repeat("a\"\n中\\é😀", 9)} {
		b, err := layout.JSON(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := sizeOf(s), (size{len([]rune(s)), len(s), len(b) - 2}); got != want {
			t.Errorf("%q: got %+v, want %+v", s, got, want)
		}
	}
}
