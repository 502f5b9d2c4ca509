package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

func newChannel(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "channel", Short: "Say which person a user of Slack or of a webhook is", Args: cobra.NoArgs,
		Long: `Say which person a user of a channel is. An answer to an approval request that comes
by the channel, signed, is that person's, with what the person's tokens allow. Channels:
slack, and generic (whatever holds the secret of AUREUS_ANSWER_SECRET).`}
	cmd.AddCommand(newChannelLink(e), newChannelList(e), newChannelUnlink(e))
	return cmd
}

// channelFlags are the two flags that name a user of a channel.
func channelFlags(cmd *cobra.Command, u *resource.ChannelUser) {
	cmd.Flags().StringVar(&u.Channel, "channel", "slack", "slack or generic")
	cmd.Flags().StringVar(&u.User, "user", "", "the user as the channel names it: in Slack the member ID, as U024BE7LH")
	_ = cmd.MarkFlagRequired("user") // the flag is there
}

func newChannelLink(e *env) *cobra.Command {
	var u resource.ChannelUser
	cmd := &cobra.Command{Use: "link --user USER --person NAME", Short: "Say which person a user of a channel is", Args: cobra.NoArgs,
		Long: "Say which person a user of a channel is. -o json prints {\"channel\",\"user\",\"person\"}."}
	r := remoteFlags(e, cmd)
	channelFlags(cmd, &u)
	cmd.Flags().StringVar(&u.Person, "person", "", "the name in the person's tokens")
	_ = cmd.MarkFlagRequired("person") // the flag is there
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		made, err := c.LinkChannelUser(ctx, u)
		if err != nil {
			return err
		}
		return r.print(made, func(w io.Writer) { say(w, "%s of %s is %s\n", made.User, made.Channel, made.Person) })
	})
	return cmd
}

func newChannelList(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List who the users of channels are", Args: cobra.NoArgs,
		Long: "List who the users of channels are. -o json prints a list of them."}
	r := remoteFlags(e, cmd)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		l, err := c.ChannelUsers(ctx)
		if err != nil {
			return err
		}
		return r.print(l.Items, func(w io.Writer) {
			table(w, "CHANNEL USER PERSON", func(row func(...any)) {
				for _, u := range l.Items {
					row(u.Channel, u.User, u.Person)
				}
			})
		})
	})
	return cmd
}

func newChannelUnlink(e *env) *cobra.Command {
	var u resource.ChannelUser
	cmd := &cobra.Command{Use: "unlink --user USER", Short: "Take back which person a user of a channel is", Args: cobra.NoArgs}
	r := remoteFlags(e, cmd)
	_ = cmd.Flags().MarkHidden("output") // nothing comes back
	channelFlags(cmd, &u)
	cmd.RunE = r.with(func(ctx context.Context, c *client.Client, _ []string) error {
		if err := c.UnlinkChannelUser(ctx, u.Channel, u.User); err != nil {
			return err
		}
		if r.output == "text" {
			say(e.stdout, "%s of %s is nobody here\n", u.User, u.Channel)
		}
		return nil
	})
	return cmd
}
