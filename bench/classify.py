"""Posts a second of the whole detector beside the character n-gram linear model alone, on the demo's posts."""

import time

from lurewatch.config import read_settings
from lurewatch.demo.posts import all_posts
from lurewatch.detect import Detector
from lurewatch.post import Post


def main() -> None:
    """Print the rates and their ratio."""
    posts = [Post(p.platform, str(p.number), "", p.text, tags=p.tags) for p in all_posts()]
    detector = Detector.load(read_settings())
    detector.judge(posts[:4])
    screen = detector._classifier.screen
    rates = {}
    for name, work in (
        ("with the first stage", lambda: detector.judge(posts)),
        ("every post by the model", lambda: detector.judge(posts, screen=False)),
        ("linear model alone", lambda: [screen.score(post.text) for post in posts]),
    ):
        start = time.perf_counter()
        work()
        rates[name] = len(posts) / (time.perf_counter() - start)
    alone = rates["linear model alone"]
    for name, rate in rates.items():
        print(f"{name}: {rate:,.0f} posts/s, ratio to the linear model alone {rate / alone:.4f}")


if __name__ == "__main__":
    main()
