// Command cmd runs a Slack of its own on this machine, to watch the bot talk:
//
//	go run ./adapters/slack/slackfake/cmd
//
// It prints the lines that config.toml and the environment need, then
// everything that the bot says. A line on standard input is what a reader says
// ("/digest tag AI"), what an admin says ("admin: /digest resend"), or what
// either does otherwise:
//
//	press AI                    a button
//	type Tags = ag              in a menu whose choices come from the bot
//	choose Tags = agents        in a menu
//	fill Schedule = 8:30, Style = Full
//	                            the form that is open, and submit it
//	home                        open the App Home
//	press in home Pause         a button there, or "in modal" in a form
//
// With -post it signs and posts all that to an address, as Slack does where
// listen is "http", and does not wait for a connection.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	post := flag.String("post", "", "address to post to what people do, such as http://127.0.0.1:8080/slack/")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *addr, *post, os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, post string, in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fake := slackfake.New()
	fake.Posted = func(m slackfake.Message) { fmt.Fprintln(out, lines(m)) }
	fake.Viewed = func(v slackfake.View) { fmt.Fprintf(out, "%s shown to %s:\n    %s\n", v.Type, v.User, v.Blocks) }
	fake.PostTo(post)
	server := &http.Server{Handler: fake, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // Close ends it
	defer fake.Close()
	defer func() { _ = server.Close() }()
	fmt.Fprintf(out, "api_url = \"http://%s/api/\"\nchannel = \"slack:%s\"\nSLACK_BOT_TOKEN=%s\nSLACK_APP_TOKEN=%s\nSLACK_SIGNING_SECRET=%s\n",
		listener.Addr(), slackfake.General, slackfake.BotToken, slackfake.AppToken, slackfake.SigningSecret)

	typed := make(chan string)
	go func() {
		defer close(typed)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			typed <- scanner.Text()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case said, ok := <-typed:
			if !ok {
				<-ctx.Done() // without a keyboard it goes on until it is interrupted
				return nil
			}
			if err := say(ctx, fake, strings.TrimSpace(said), out); err != nil {
				fmt.Fprintln(out, err)
			}
		}
	}
}

// say does what a line of the keyboard says.
func say(ctx context.Context, fake *slackfake.Fake, said string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	user := slackfake.Reader
	if rest, ok := strings.CutPrefix(said, "admin:"); ok {
		user, said = slackfake.Admin, strings.TrimSpace(rest)
	}
	if said == "" {
		return nil
	}
	act, err := do(ctx, fake, user, said, out)
	if err != nil || act == nil {
		return err
	}
	if act.Acknowledged(ctx) != nil {
		return fmt.Errorf("slackfake: %q was not acknowledged within three seconds", said)
	}
	return nil
}

func do(ctx context.Context, fake *slackfake.Fake, user, said string, out io.Writer) (*slackfake.Act, error) {
	verb, rest, _ := strings.Cut(said, " ")
	name, value, _ := strings.Cut(rest, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch verb {
	case "press":
		if in, ok := strings.CutPrefix(rest, "in "); ok {
			kind, label, _ := strings.Cut(in, " ")
			return fake.PressIn(ctx, user, kind, label)
		}
		return fake.Press(ctx, user, slackfake.General, rest)
	case "type":
		choices, err := fake.Type(ctx, user, slackfake.General, name, value)
		if err == nil {
			fmt.Fprintln(out, "["+strings.Join(choices, "] [")+"]")
		}
		return nil, err
	case "choose":
		return fake.Choose(ctx, user, slackfake.General, name, value)
	case "fill":
		values := map[string]string{}
		for field := range strings.SplitSeq(rest, ",") {
			if label, value, ok := strings.Cut(field, "="); ok {
				values[strings.TrimSpace(label)] = strings.TrimSpace(value)
			}
		}
		return fake.Fill(ctx, user, values)
	case "home":
		return fake.OpenHome(ctx, user)
	}
	return fake.Say(ctx, user, slackfake.General, said)
}

// lines are a message as a reader would be told of it.
func lines(m slackfake.Message) string {
	seen := "in " + m.Channel
	if m.To != "" {
		seen += ", only to " + m.To
	}
	if m.Thread != "" {
		seen += ", under " + m.Thread
	}
	if len(m.Notified) > 0 {
		seen += ", notifying " + strings.Join(m.Notified, " and ")
	}
	said := m.Text
	if buttons := m.Buttons(); len(buttons) > 0 {
		said += "\n[" + strings.Join(buttons, "] [") + "]"
	}
	if menus := m.Menus(); len(menus) > 0 {
		said += "\n(" + strings.Join(menus, ") (") + ")"
	}
	return m.TS + " " + seen + ":\n    " + strings.ReplaceAll(said, "\n", "\n    ")
}
