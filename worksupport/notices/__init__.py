"""What has changed, told to a channel of Slack or Teams: the digest, its two forms, and the posting."""
