package compose

import (
	"fmt"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

func TestTaggedTellsExactFromRelated(t *testing.T) {
	tag := digest.Tagged{Name: "AI", Digests: digest.KeepAll([]*digest.Digest{sample(), sample(), sample()})}
	for i := range 2 * tagsAsButtons {
		tag.Related = append(tag.Related, digest.Tag{Name: fmt.Sprintf("ai-@everyone %d", i)})
	}
	for _, c := range []struct {
		exact      int
		lang, want string
	}{
		{2, "en", "2 with exactly this tag, 1 with related tags:"},
		{0, "en", "No digest has exactly this tag. These tags contain it:"},
		{2, "zh", "2 篇正好带有此标签，1 篇带有相关标签："},
		{0, "zh", "没有正好带有此标签的摘要。以下标签包含它："},
	} {
		tag.Exact = c.exact
		m := Tagged(tag, nil, 3, Asked{Language: c.lang, Page: 1})
		if got := m.Blocks[0].(chat.Paragraph).Text.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		buttons := m.Blocks[1].(chat.Buttons)
		if want := (chat.Button{Label: "ai-@everyone 0", Line: `/digest tag "ai-@everyone 0"`}); len(buttons) != tagsAsButtons || buttons[0] != want {
			t.Errorf("%d buttons beginning with %v, want %d and %v", len(buttons), buttons[0], tagsAsButtons, want)
		}
	}
}

func TestHelpShowsEveryVerb(t *testing.T) {
	root := chat.Command{Name: "digest", Subs: []chat.Command{
		{Name: "tag", Summary: "All tags", Args: []chat.Arg{{Name: "tag", Summary: "A tag, for example AI", Required: true}}},
		{Name: "unsubscribe", Summary: "Remove a subscription", AdminOnly: true, Args: []chat.Arg{{Name: "digest", Summary: "which"}}},
		{Name: "follow", Summary: "Get a message when a digest of this channel has a tag", Args: []chat.Arg{{Name: "tag", Summary: "A tag, for example AI", Required: true}}},
	}}
	for lang, want := range map[string]string{
		"en":    "≡| -|/digest tag TAG All tags -|/digest follow TAG Get a message when a digest of this channel has a tag ¶||TAG – A tag, for example AI ≡|For admins -|/digest unsubscribe [DIGEST] Remove a subscription",
		"zh":    "≡| -|/digest tag TAG 所有标签 -|/digest follow TAG 此频道的摘要带有某标签时收到私信 ¶||TAG – 标签，例如 AI ≡|管理员可用 -|/digest unsubscribe [DIGEST] 删除一个订阅",
		"zh-TW": "≡| -|/digest tag TAG 所有標籤 -|/digest follow TAG 這個頻道的摘要帶有某標籤時收到私訊 ¶||TAG – 標籤，例如 AI ≡|管理員可用 -|/digest unsubscribe [DIGEST] 刪除一個訂閱",
	} {
		if got := strings.Join(shown(Help(root, lang)), " "); got != want {
			t.Errorf("%s: help\n%q, want\n%q", lang, got, want)
		}
	}
}

func TestNotUnderstood(t *testing.T) {
	lacks := &chat.ParseError{Verb: "tag", Missing: "tag"}
	asks := chat.Select{Line: "/digest tag", Choices: []chat.Choice{{Label: "AI · 2", Line: "/digest tag AI"}}}
	for _, c := range []struct {
		got    chat.Message
		want   string
		blocks int
	}{
		{NoVerb(&chat.ParseError{Verb: "tagg", Unknown: true}, nil, "en"), "I do not know “tagg”. Type /digest help", 1},
		{Lacking(lacks, chat.Select{Line: "/digest tag"}, "en"), "/digest tag needs TAG. Type", 1},
		{Lacking(lacks, asks, "en"), "/digest tag needs TAG. Type", 2},
		{TooMuch(&chat.ParseError{Verb: "tags", Extra: "now"}, "en"), "/digest tags does not take “now”.", 1},
	} {
		if got := c.got.Blocks[0].(chat.Notice).Text.String(); !strings.HasPrefix(got, c.want) || len(c.got.Blocks) != c.blocks {
			t.Errorf("%q with %d blocks, want %q with %d", got, len(c.got.Blocks), c.want, c.blocks)
		}
	}
}
