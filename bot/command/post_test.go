package command

import (
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// A command on a message applies to the digest in the message.
func TestCommandsOnAPost(t *testing.T) {
	r, _ := town(t)
	at := time.Date(2026, 1, 21, 8, 30, 0, 0, time.UTC)
	thread := chat.Channel{Adapter: "g", ID: "red-1003"} // the thread of the post 1003 in a forum
	for message, of := range map[string][]string{"1001": {"2026-01-21-tech"}, "1002": {"2026-01-21-tech", "2026-01-20-tech"}, "1003": {"2026-01-20-tech"}} {
		x := ledger.NewResend(of[0], of[0], red, message, "x", at)
		for _, id := range of {
			x.Said = append(x.Said, ledger.Said{Digest: id})
		}
		if err := x.Freeze([]chat.Payload{chat.Payload(`{}`)}); err != nil {
			t.Fatal(err)
		}
		x.Promise(at)
		stands := red
		if message == "1003" {
			stands.Thread = thread.ID
		}
		x.Posted(chat.Receipt{Channel: stands, ID: message, URL: "https://chat.example/" + message}, at)
		if _, err := r.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	pointing := map[string]chat.Command{}
	for _, c := range Tree().Pointing() {
		pointing[c.OnPost+"|"+c.OnPosts["zh-Hans"]+"|"+c.OnPosts["zh-Hant"]] = c
	}
	for _, c := range []struct {
		name, message string
		user          chat.User
		lang, want    string
		in            chat.Channel
	}{
		{"Details|详情|詳情", "1001", reader, "en", "为什么", red},
		{"Details|详情|詳情", "1002", reader, "en", "The post has several digests. Choose one.|/digest details 2026-01-21-tech|/digest details 2026-01-20-tech", red},
		{"Details|详情|詳情", "1002", reader, "zh", "这条消息里有好几篇摘要，请选择一篇。", red},
		{"Details|详情|詳情", "@everyone", reader, "en", "That message is not a digest that the bot posted.", red},
		{"Details|详情|詳情", "7", reader, "zh", "这条消息不是机器人发布的摘要。", red},
		{"Details|详情|詳情", "7", reader, "zh-TW", "這則訊息不是機器人發布的摘要。", red},
		{"Why|为什么|為什麼", "1001", admin, "en", "fixed, 21 January 2026", red},
		{"Why|为什么|為什麼", "1001", reader, "en", "Only admins can do that.", red},
		{"Why|为什么|為什麼", "7", admin, "en", "That message is not a digest that the bot posted.", red},
		{"Resend|重发|重發", "1001", admin, "en", "It was posted to g:red-news", red},
		{"Resend|重发|重發", "1002", admin, "zh-TW", "這則訊息裡有好幾篇摘要，請選擇一篇。|/digest resend 2026-01-21-tech", red},
		{"Resend|重发|重發", "1001", reader, "zh", "只有管理员可以这样做。", red},
		{"Why|为什么|為什麼", "1003", admin, "en", "fixed, 21 January 2026", thread},
		{"Resend|重发|重發", "1003", admin, "en", "It was posted to g:red-news", thread},
		{"Why|为什么|為什麼", "1001", admin, "en", "That message is not a digest that the bot posted.", thread},
		{"Details|详情|詳情", "1003", reader, "en", "That message is not a digest that the bot posted.", chat.Channel{Adapter: "g", ID: "blue-1003"}},
	} {
		r.limiter = rateLimiter{}
		verb, ok := pointing[c.name]
		got := words(r.Handle(t.Context(), chat.Request{ID: "r", Channel: c.in, Home: "red", User: c.user, Line: Tree().Pointed(verb, c.message), Locale: c.lang}))
		if !ok || !strings.Contains(got, c.want) {
			t.Errorf("%s on %s is answered %q, want %q", c.name, c.message, got, c.want)
		}
	}
}

// If the bot cannot post in a channel, nothing begins that would require it.
func TestRefusedWhereTheBotCannotPost(t *testing.T) {
	r, _ := town(t)
	for _, c := range []struct{ line, want, miss string }{
		{"/digest subscribe", "That cannot be done: give the bot Send Messages.", "is ready"},
		{"/digest subscribe weekdays 8:30", "That cannot be done: give the bot Send Messages.", "is ready"},
		{"/digest subscribe far weekdays 8:30 channel=red-other", "", "Send Messages"},
		{"/digest resend 2026-01-21-tech", "That cannot be done: give the bot Send Messages.", "confirm"},
		{"/digest latest", "今天", "Send Messages"},
	} {
		r.limiter = rateLimiter{}
		asked := chat.Request{ID: "r", Channel: red, Home: "red", User: admin, Line: c.line, Locale: "en", Unfit: "give the bot Send Messages"}
		if got := words(r.Handle(t.Context(), asked)); !strings.Contains(got, c.want) || strings.Contains(got, c.miss) {
			t.Errorf("%s is answered %q, want %q", c.line, got, c.want)
		}
		if _, ok := r.Form(t.Context(), asked); ok {
			t.Errorf("%s is asked for in a form", c.line)
		}
	}
}
