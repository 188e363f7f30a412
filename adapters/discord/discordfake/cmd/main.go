// Command cmd serves a fake Discord on this machine, to watch the bot talk:
//
//	go run ./adapters/discord/discordfake/cmd
//
// It prints the settings for config.toml and then a line for everything that the
// bot does. A line that you type is a command by a reader; with the prefix
// "admin: " it is an admin's, and with "moderator: " that of somebody with a role.
// Other lines:
//
//	direct: /digest latest      give the command in a direct message
//	type: /digest tag ag        show suggestions for the end of the line
//	press: Share here           press a button of the last answer, or else of the
//	                            newest message
//	choose: OpenAI              choose a menu entry, likewise
//	point: Details              use a command in the menu of the newest message
//	fill: Schedule = 8:30       fill in fields of the open form and submit it; "; "
//	                            separates fields
//	remove                      delete the newest message
//	deny: posts                 stop the bot from posting in the channel; with
//	                            access, from seeing it; with nothing, allow both
//	send: CUSTOM_ID             press a forged button
//	in: CHANNEL                 switch to another channel; with the id of a server
//	                            after it, add the channel there
//	age: 1000h                  make the newest message older by this
//	again                       deliver the last interaction again
//	endpoint: URL               post interactions to URL, for a bot with
//	                            listen = "http"; without URL, use the gateway
//	sign: stale                 post the last interaction again with an invalid
//	                            signature: forged, stale, early, truncated,
//	                            tampered, redated or unsigned
//	drop                        cut the gateway connection
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	token := flag.String("token", "fake-token", "token that the bot must have")
	guild := flag.String("guild", "100000000000000001", "server of the channel")
	channel := flag.String("channel", "200000000000000001", "channel that the bot may post to")
	kind := flag.Int("type", discordfake.Text, "type of the channel: 0 text, 5 announcements, 15 forum")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *addr, *token, discordfake.Channel{ID: *channel, Guild: *guild, Type: *kind})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "discordfake:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, token string, channel discordfake.Channel) error {
	fake := discordfake.New(token)
	fake.Watch = func(line string) { fmt.Println(line) }
	fake.AddChannel(channel)
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("address %s: %w", addr, err)
	}
	server := &http.Server{Handler: fake, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	fmt.Printf("api_url = \"http://%s/api/v10\"\npublic_key = \"%s\"\nDISCORD_TOKEN=%s\nchannel discord:%s in server %s\nrole of the moderator %s\n\n",
		listener.Addr(), fake.PublicKey(), token, channel.ID, channel.Guild, moderator.Roles[0])
	go func() {
		c := &conversation{fake: fake, channel: channel.ID, guild: channel.Guild}
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			if err := c.obey(ctx, lines.Text()); err != nil {
				fmt.Println("error ", err)
			}
		}
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// conversation is the state of the conversation.
type conversation struct {
	fake    *discordfake.Fake
	channel string
	guild   string
	last    *discordfake.Interaction
}

var (
	reader    = discordfake.Person{ID: "300000000000000001", Name: "reader", Locale: "zh-CN"}
	admin     = discordfake.Person{ID: "300000000000000002", Name: "admin", Locale: "en-US", Permissions: discordfake.Admin}
	moderator = discordfake.Person{ID: "300000000000000003", Name: "moderator", Locale: "zh-TW", Roles: []string{"400000000000000001"}}
)

// obey executes a typed line and prints the answer.
func (c *conversation) obey(ctx context.Context, line string) error {
	who := reader
	for _, p := range []discordfake.Person{admin, moderator} {
		if as, ok := strings.CutPrefix(line, p.Name+":"); ok {
			who, line = p, strings.TrimLeft(as, " ")
		}
	}
	if strings.TrimSpace(line) == "" {
		return nil
	}
	asked, err := c.do(who, line)
	if err != nil || asked == nil {
		return err
	}
	c.last = asked
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	answer, err := asked.Wait(ctx, 0)
	if err != nil {
		return err
	}
	if answer.Modal != nil {
		fmt.Printf("  form %q\n", answer.Modal.Title)
		for _, l := range answer.Modal.Fields {
			fmt.Printf("    %s: %s\n", l.Label, l.Shown())
		}
	}
	for _, reply := range answer.Replies {
		fmt.Printf("  %s\n", reply)
	}
	return nil
}

// do executes a line, and returns the interaction if an answer is expected.
func (c *conversation) do(who discordfake.Person, line string) (*discordfake.Interaction, error) {
	verb, rest, _ := strings.Cut(line, ":")
	typed := strings.TrimLeft(rest, " ")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "drop":
		c.fake.Drop()
		return nil, nil
	case "again", "sign":
		if c.last == nil {
			return nil, errors.New("nothing was said yet")
		}
		if verb == "again" {
			return nil, c.fake.Redeliver(c.last)
		}
		return nil, c.sign(rest)
	case "endpoint":
		return nil, c.fake.SetEndpoint(rest)
	case "in":
		return nil, c.enter(strings.Fields(rest))
	case "age":
		by, err := time.ParseDuration(rest)
		if err != nil {
			return nil, err
		}
		return nil, c.fake.Age(c.channel, by)
	case "direct":
		return c.fake.Say(who, c.fake.Direct(who.ID), rest)
	case "type":
		return c.fake.Type(who, c.channel, typed)
	case "press":
		return touch(c.last.Press, c.fake.Press, c.last, who, c.channel, rest)
	case "choose":
		return touch(c.last.Choose, c.fake.Choose, c.last, who, c.channel, rest)
	case "point":
		m, err := c.newest()
		if err != nil {
			return nil, err
		}
		return c.fake.Point(who, c.channel, rest, m.ID)
	case "fill":
		if c.last == nil {
			return nil, errors.New("nothing was said yet")
		}
		values := map[string]string{}
		for field := range strings.SplitSeq(rest, "; ") {
			label, value, _ := strings.Cut(field, "=")
			values[strings.TrimSpace(label)] = strings.TrimSpace(value)
		}
		return c.last.Fill(who, values)
	case "remove":
		m, err := c.newest()
		if err == nil {
			c.fake.Delete(c.channel, m.ID)
		}
		return nil, err
	case "deny":
		c.fake.AddChannel(discordfake.Channel{ID: c.channel, Guild: c.guild, NoPosts: rest == "posts", NoAccess: rest == "access"})
		return nil, nil
	case "send":
		return c.fake.Send(who, c.channel, map[string]any{"custom_id": rest, "component_type": 2})
	}
	return c.fake.Say(who, c.channel, line)
}

// newest returns the newest message of the channel.
func (c *conversation) newest() (discordfake.Message, error) {
	all := c.fake.Messages(c.channel)
	if len(all) == 0 {
		return discordfake.Message{}, errors.New("there is no message in the channel")
	}
	return all[len(all)-1], nil
}

// sign posts the last interaction again with the given trick.
func (c *conversation) sign(name string) error {
	for _, trick := range discordfake.Tricks {
		if trick.String() == name {
			status, err := c.fake.Repeat(c.last, trick)
			if err == nil {
				fmt.Printf("  HTTP %d\n", status)
			}
			return err
		}
	}
	return fmt.Errorf("sign: %q is none of %v", name, discordfake.Tricks)
}

// enter switches to a channel, and adds it if its server is given.
func (c *conversation) enter(to []string) error {
	switch len(to) {
	case 1:
	case 2:
		c.guild = to[1]
		c.fake.AddChannel(discordfake.Channel{ID: to[0], Guild: c.guild})
	default:
		return errors.New("in: a channel is wanted, and perhaps its server")
	}
	c.channel, c.last = to[0], nil
	return nil
}

// touch uses a component of the last answer, or otherwise of the newest
// message.
func touch(under func(discordfake.Person, string) (*discordfake.Interaction, error), in func(discordfake.Person, string, string) (*discordfake.Interaction, error),
	last *discordfake.Interaction, who discordfake.Person, channel, label string,
) (*discordfake.Interaction, error) {
	if last != nil {
		if i, err := under(who, label); err == nil {
			return i, nil
		}
	}
	return in(who, channel, label)
}
