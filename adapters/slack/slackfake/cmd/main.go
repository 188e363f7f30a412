// Command cmd runs a fake Slack on this machine, to watch the bot talk:
//
//	go run ./adapters/slack/slackfake/cmd
//
// It prints the settings for config.toml and the environment, then everything that
// the bot says. A line on standard input is a command by a reader ("/digest tag AI"),
// an admin ("admin: /digest resend"), an owner ("owner: …") or a member of a user
// group ("moderator: …"), or one of these:
//
//	press AI                    press a button
//	type Tags = ag              type in a menu whose choices come from the bot
//	choose Tags = agents        choose in a menu
//	fill Schedule = 8:30, Style = Full
//	                            fill in the open form, and submit it
//	point details               use a shortcut on the newest message
//	remove                      delete the newest message
//	home                        open the App Home
//	press in home Pause         press a button there, or "in modal" in a form
//	forge VALUE                 press a forged button
//	in C0RANDOM01               switch to another channel, and invite the bot there
//	age 1000h                   make the newest message older by this
//	again                       deliver the last action again
//	group U0MODERAT1            set the members of the user group, possibly none
//
// With -post it signs everything and posts it to an address, as Slack does
// with listen = "http", and does not wait for a connection.
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
	post := flag.String("post", "", "address to post interactions to, such as http://127.0.0.1:8080/slack/")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *addr, *post, os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// An owner of the workspace, a member of a user group, and the group.
const (
	owner      = "U0OWNER001"
	moderator  = "U0MODERAT1"
	moderators = "S0MODERAT1"
)

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
	fake.AddUser(slackfake.User{ID: owner, Name: "owner", Owner: true})
	fake.AddUser(slackfake.User{ID: moderator, Name: "moderator"})
	fake.AddGroup(moderators, moderator)
	fmt.Fprintf(out, "api_url = \"http://%s/api/\"\nchannel = \"slack:%s\"\nSLACK_BOT_TOKEN=%s\nSLACK_APP_TOKEN=%s\nSLACK_SIGNING_SECRET=%s\nuser group of the moderator %s\n",
		listener.Addr(), slackfake.General, slackfake.BotToken, slackfake.AppToken, slackfake.SigningSecret, moderators)

	typed := make(chan string)
	go func() {
		defer close(typed)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			typed <- scanner.Text()
		}
	}()
	c := &conversation{fake, slackfake.General, out}
	for {
		select {
		case <-ctx.Done():
			return nil
		case said, ok := <-typed:
			if !ok {
				<-ctx.Done() // without standard input, it runs until interrupted
				return nil
			}
			if err := c.say(ctx, strings.TrimSpace(said)); err != nil {
				fmt.Fprintln(out, err)
			}
		}
	}
}

// conversation is where people talk.
type conversation struct {
	fake    *slackfake.Fake
	channel string
	out     io.Writer
}

// say executes a typed line.
func (c *conversation) say(ctx context.Context, said string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	user := slackfake.Reader
	for name, id := range map[string]string{"admin": slackfake.Admin, "owner": owner, "moderator": moderator} {
		if rest, ok := strings.CutPrefix(said, name+":"); ok {
			user, said = id, strings.TrimSpace(rest)
			break
		}
	}
	if said == "" {
		return nil
	}
	act, err := c.do(ctx, user, said)
	if err != nil || act == nil {
		return err
	}
	if act.Acknowledged(ctx) != nil {
		return fmt.Errorf("slackfake: %q was not acknowledged within three seconds", said)
	}
	return nil
}

func (c *conversation) do(ctx context.Context, user, said string) (*slackfake.Act, error) {
	verb, rest, _ := strings.Cut(said, " ")
	name, value, _ := strings.Cut(rest, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch verb {
	case "press":
		if in, ok := strings.CutPrefix(rest, "in "); ok {
			kind, label, _ := strings.Cut(in, " ")
			return c.fake.PressIn(ctx, user, kind, label)
		}
		return c.fake.Press(ctx, user, c.channel, rest)
	case "type":
		choices, err := c.fake.Type(ctx, user, c.channel, name, value)
		if err == nil {
			fmt.Fprintln(c.out, "["+strings.Join(choices, "] [")+"]")
		}
		return nil, err
	case "choose":
		return c.fake.Choose(ctx, user, c.channel, name, value)
	case "fill":
		values := map[string]string{}
		for field := range strings.SplitSeq(rest, ",") {
			if label, value, ok := strings.Cut(field, "="); ok {
				values[strings.TrimSpace(label)] = strings.TrimSpace(value)
			}
		}
		return c.fake.Fill(ctx, user, values)
	case "point", "remove":
		all := c.fake.Messages(c.channel)
		if len(all) == 0 {
			return nil, fmt.Errorf("slackfake: there is no message in %s", c.channel)
		}
		newest := all[len(all)-1].TS
		if verb == "point" {
			return c.fake.Point(ctx, user, c.channel, rest, newest)
		}
		c.fake.Delete(c.channel, newest)
		return nil, nil
	case "forge":
		return c.fake.Forge(ctx, user, c.channel, rest)
	case "in":
		c.fake.AddChannel(slackfake.Channel{ID: rest, Name: strings.ToLower(rest), Member: true})
		c.channel = rest
		return nil, nil
	case "age":
		by, err := time.ParseDuration(rest)
		if err != nil {
			return nil, err
		}
		return nil, c.fake.Age(c.channel, by)
	case "again":
		c.fake.Redeliver()
		return nil, nil
	case "group":
		c.fake.AddGroup(moderators, strings.Fields(rest)...)
		return nil, nil
	case "home":
		return c.fake.OpenHome(ctx, user)
	}
	return c.fake.Say(ctx, user, c.channel, said)
}

// lines returns a message as a reader would see it.
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
