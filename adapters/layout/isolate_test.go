package layout

import (
	"strings"
	"testing"
)

func TestIsolate(t *testing.T) {
	const (
		arabic = "صدر الإصدار الجديد"
		hebrew = "שלום עולם"
	)
	for _, tt := range []struct{ name, s, want string }{
		{"empty", "", ""},
		{"English", "Go 1.26 is out", "Go 1.26 is out"},
		{"Chinese", "Go 1.26 发布：默认启用", "Go 1.26 发布：默认启用"},
		{"emoji", family + "❤️" + flags, family + "❤️" + flags},
		{"accents", "e\u0301\u0302 ñ Ж", "e\u0301\u0302 ñ Ж"},
		{"Arabic", arabic, "\u2068" + arabic + "\u2069"},
		{"Hebrew", hebrew, "\u2068" + hebrew + "\u2069"},
		{"Adlam, beyond the first plane", "\U0001E900\U0001E901", "\u2068\U0001E900\U0001E901\u2069"},
		{"presentation form", "\uFE8D", "\u2068\uFE8D\u2069"},
		{"mixed", "Go 1.26: " + arabic + "!", "\u2068Go 1.26: " + arabic + "!\u2069"},
		{"with emoji", family + hebrew, "\u2068" + family + hebrew + "\u2069"},
		{"left-to-right mark", "a\u200Eb", "\u2068a\u200Eb\u2069"},
		{"right-to-left mark", "a\u200F", "\u2068a\u200F\u2069"},
		{"Arabic letter mark", "a\u061Cb", "\u2068a\u061Cb\u2069"},
		{"line by line", "one\n" + arabic + "\n\nfour\n" + hebrew, "one\n\u2068" + arabic + "\u2069\n\nfour\n\u2068" + hebrew + "\u2069"},
		{"isolate around all", "\u2067" + arabic + "\u2069", "\u2067" + arabic + "\u2069"},
		{"nested isolates", "\u2068a \u2067" + arabic + "\u2069\u2069", "\u2068a \u2067" + arabic + "\u2069\u2069"},
		{"isolate within", "a \u2067" + arabic + "\u2069 b", "\u2068a \u2067" + arabic + "\u2069 b\u2069"},
		{"two isolates side by side", "\u2067" + arabic + "\u2069\u2067" + hebrew + "\u2069", "\u2068\u2067" + arabic + "\u2069\u2067" + hebrew + "\u2069\u2069"},
		{"isolate without letters", "a \u2066b\u2069", "a \u2066b\u2069"},
		{"open isolate", "\u2067" + arabic, "\u2068" + arabic + "\u2069"},
		{"closed too often", arabic + "\u2069 b", "\u2068" + arabic + " b\u2069"},
		{"override", arabic + "\u202Egpj.exe", "\u2068" + arabic + "gpj.exe\u2069"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Isolate(tt.s)
			if got != tt.want {
				t.Errorf("Isolate(%q) = %q, want %q", tt.s, got, tt.want)
			}
			if again := Isolate(got); again != got {
				t.Errorf("Isolate(%q) = %q, want no change", got, again)
			}
		})
	}
}

func BenchmarkIsolateWithout(b *testing.B) {
	s := strings.Repeat("Go 1.26 发布：Green Tea 垃圾回收器默认启用。", 20)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Isolate(s)
	}
}
