"""Commands that scrapy learns from us."""
