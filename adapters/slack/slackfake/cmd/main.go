// Command cmd runs a Slack of its own on this machine, to watch the bot talk:
//
//	go run ./adapters/slack/slackfake/cmd
//
// It prints the lines that config.toml and the environment need, then
// everything that the bot says. A line on standard input is what a reader says
// ("/digest tag AI"), what an admin says ("admin: /digest resend"), or the
// press of a button ("press AI").
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
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *addr, os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fake := slackfake.New()
	fake.Posted = func(m slackfake.Message) { fmt.Fprintln(out, lines(m)) }
	server := &http.Server{Handler: fake, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // Close ends it
	defer fake.Close()
	defer func() { _ = server.Close() }()
	fmt.Fprintf(out, "api_url = \"http://%s/api/\"\nchannel = \"slack:%s\"\nSLACK_BOT_TOKEN=%s\nSLACK_APP_TOKEN=%s\n",
		listener.Addr(), slackfake.General, slackfake.BotToken, slackfake.AppToken)

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
			if err := say(ctx, fake, strings.TrimSpace(said)); err != nil {
				fmt.Fprintln(out, err)
			}
		}
	}
}

// say does what a line of the keyboard says.
func say(ctx context.Context, fake *slackfake.Fake, said string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	user := slackfake.Reader
	if rest, ok := strings.CutPrefix(said, "admin:"); ok {
		user, said = slackfake.Admin, strings.TrimSpace(rest)
	}
	if said == "" {
		return nil
	}
	do := fake.Say
	if label, ok := strings.CutPrefix(said, "press "); ok {
		do, said = fake.Press, label
	}
	act, err := do(ctx, user, slackfake.General, said)
	if err != nil {
		return err
	}
	if act.Acknowledged(ctx) != nil {
		return fmt.Errorf("slackfake: %q was not acknowledged within three seconds", said)
	}
	return nil
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
	return m.TS + " " + seen + ":\n    " + strings.ReplaceAll(said, "\n", "\n    ")
}
