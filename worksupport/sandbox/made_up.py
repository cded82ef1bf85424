"""The whole made-up world, the same for the same seed."""

from worksupport.sandbox.github_data import fill_github
from worksupport.sandbox.jira_data import JiraMaker
from worksupport.sandbox.jira_oddities import add_oddities
from worksupport.sandbox.jira_site import empty_site
from worksupport.sandbox.world import World


def made_up_world(seed: int = 7) -> World:
    """A team of twelve with some 300 Jira and some 60 GitHub issues, awkward ones among them."""
    world = empty_site()
    JiraMaker(world, seed).fill()
    add_oddities(world)
    fill_github(world, seed)
    return world
