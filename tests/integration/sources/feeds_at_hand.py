"""What stands in the feeds that lie beside the repository, read off their sources: how many entries, and the first one."""

# ruff: noqa: RUF001 - titles in the letters of their languages

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """One document. ``date`` is UTC; a ``link`` without a host leads to the server that it came from."""

    file: str
    entries: int = 0
    title: str = ""
    date: str = ""
    link: str = ""
    problem: str = ""


KNOWN = [
    Known(
        "fda_press_releases_rss_excerpt.xml",
        2,
        "FDA Issues Emergency Use Authorization for Drug to Treat New World Screwworm in Dogs and Puppies",
        "2026-08-13T17:02:58",
        "http://www.fda.gov/news-events/press-announcements/fda-issues-eua-screwworm-dogs",
    ),
    Known(
        "feedjira_AmazonWebServicesBlog.xml",
        10,
        "AWS Job: Architect & Designer Position in Turkey",
        "2009-01-16T18:21:00",
        "http://aws.typepad.com/aws/2009/01/aws-job-architect-designer-position-in-turkey.html",
    ),
    Known(
        "feedjira_HuffPostCanada.xml",
        2,
        "Winnipeg High School Orders Custom Hijabs For Muslim Athletes",
        "2017-10-17T22:17:00",
        "http://www.huffingtonpost.ca/2017/10/17/winnipeg-high-school-orders-custom-hijabs-for-muslim-athletes_a_23246627/",
    ),
    Known("feedjira_InvalidDateFormat.xml", 2, "Item 0 with an invalid date", "2017-10-16T15:10:00", "http://example.com/item0"),
    Known(
        "feedjira_TypePadNews.xml",
        10,
        "Spotlight: Friday Favorites!",
        "2013-02-22T17:47:09",
        "http://feedproxy.google.com/~r/TypePadNews/~3/0BN9mE2cw1E/spotlight-friday-favorites.html",
    ),
    Known("feedparser_illformed__always_strip_doctype.xml", 0),
    Known("feedparser_illformed__chardet__eucjp.xml", 1, "ゲーム三昧な正月", "", ""),
    Known("feedparser_illformed__chardet__koi8r.xml", 1, "Как пережить новогоднюю ночь", "", ""),
    Known(
        "feedparser_illformed__chardet__tis620.xml", 1, "สำนักงานส่งเสริมอุตสาหกรรมซอฟต์แวร์แห่งชาติ หรือ SIPA ร่วมกับ MamboHub.com…", "", ""
    ),
    Known("feedparser_illformed__geo__georss_polygon_insufficient_coords.xml", 0),
    Known("feedparser_illformed__http_high_bit_date.xml", 0),
    Known("feedparser_illformed__rss_incomplete_cdata.xml", 0),
    Known("feedparser_illformed__undeclared_namespace.xml", problem="the feed is not well-formed (9:0: unboun"),
    Known(
        "nodefeedparser_iconv.xml",
        10,
        "В Бузулуке главные стройплощадки – детсад и Ледовый дворец",
        "2014-01-22T14:31:31",
        "http://www.oren.ru/news/2743422/",
    ),
    Known(
        "nodefeedparser_invalid-characters-gzipped.xml",
        25,
        "NSOperation",
        "2014-07-14T07:00:00",
        "http://nshipster.com/nsoperation/",
    ),
    Known(
        "nodefeedparser_rss-with-relative-urls.xml",
        2,
        "Neverwinter & Jingle Jam Humble Bundle!",
        "2017-12-07T18:00:29",
        "/en/games/neverwinter/news/detail/10743874-neverwinter-%26-jingle-jam-humble-bundle%21",
    ),
    Known(
        "nodefeedparser_tpm.atom",
        20,
        "Hannity Announces Fox Has Hired Sebastian Gorka As NatSec Strategist",
        "2017-11-08T23:15:58",
        "/livewire/hannity-announces-fox-hired-sebastian-gorka-national-security-strategist",
    ),
    Known(
        "rsparser_4fsodonline.atom",
        25,
        "4FSOD Documentary: Bloopers and Stuff",
        "2007-12-15T07:15:00",
        "http://4fsodonline.blogspot.com/2007/12/4fsod-documentary-bloopers-and-stuff.html",
    ),
    Known(
        "rsparser_OneFootTsunami.atom",
        25,
        "Link: Pillow Fight Leaves 24 Concussed",
        "2015-09-08T14:21:41",
        "http://www.nytimes.com/2015/09/05/us/at-west-point-annual-pillow-fight-becomes-weaponized.html?mwrsm=Email&_r=1&pagewanted=all",
    ),
    Known(
        "rsparser_allthis.atom",
        12,
        "Last thoughts on modifier keys",
        "2017-11-23T21:08:29",
        "http://leancrew.com/all-this/2017/11/last-thoughts-on-modifier-keys/",
    ),
    Known(
        "rsparser_donthitsave.xml",
        10,
        "Skipping Around",
        "2019-05-24T07:00:00",
        "https://donthitsave.com/comic/2019/05/24/skipping-around",
    ),
    Known(
        "rsparser_kc0011.rss",
        20,
        "建国35周年纪念，华表，和平鸽",
        "2020-01-10T14:33:00",
        "http://www.kc0011.net/dispbbs.asp?BoardID=10&ID=25164257&Page=1",
    ),
    Known(
        "rsparser_manton.rss",
        10,
        "This week’s Core Intuition is out with a discussion about new and old iPhones…",
        "2015-09-25T14:26:40",
        "http://www.manton.org/2015/09/3071.html",
    ),
    Known(
        "rsparser_natasha.xml",
        10,
        "The Easiest Way to Get a URL for your Apple Wallet Passkit Pass",
        "2017-07-07T11:06:10",
        "https://www.natashatherobot.com/url-apple-wallet-passkit-pass/",
    ),
    Known(
        "rsparser_scriptingNews.rss",
        48,
        "Good morning students and teachers! 🍏",
        "2017-06-26T12:20:05",
        "http://scripting.com/2017/06/26.html#a080605",
    ),
    Known(
        "rssparser_content-encoded.rss",
        7,
        "THE CREATIVE FORAGER",
        "2018-04-09T18:55:38",
        "https://medium.com/invironment/the-creative-forager-125af37d838f?source=rss----d12c403d4976--food",
    ),
    Known(
        "rssparser_feedburner.atom",
        25,
        "AdWords and DFP Java client library will soon require Java 7+",
        "2016-06-03T14:38:00",
        "http://feedproxy.google.com/~r/blogspot/lQlzL/~3/Zjf41PDVLAc/adwords-and-dfp-java-client-library.html",
    ),
    Known("rssparser_gulp-atom.atom", 10, "v3.9.0", "2015-06-01T21:49:41", "/gulpjs/gulp/releases/tag/v3.9.0"),
    Known("rssparser_incomplete-fields.atom", 0),
    Known(
        "rssparser_rss-1.rss",
        69,
        "Food for fungi",
        "2017-06-15T17:29:47",
        "http://science.sciencemag.org/cgi/content/short/356/6343/1134-a?rss=1",
    ),
    Known("rssparser_unrecognized.rss", problem="the answer is not a feed but something e"),
]
