from . import demo, models, tools, wizard
